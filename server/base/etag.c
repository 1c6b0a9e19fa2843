#include "etag.h"

#include <string.h>

/* One element of the list. */
struct tag {
    const char *text; /* with its quotes */
    size_t length;
    bool weak;
};

/* Reads the element at *cursor and moves past it; false at the end and where there is no tag. */
static bool next_tag(const char **cursor, struct tag *tag)
{
    const char *text = *cursor + strspn(*cursor, " \t,");
    tag->weak = strncmp(text, "W/", 2) == 0;
    if (tag->weak) text += 2;
    const char *end = *text == '"' ? strchr(text + 1, '"') : NULL;
    if (!end) return false;
    tag->text = text;
    tag->length = (size_t)(end - text) + 1;
    *cursor = end + 1;
    return true;
}

static bool is_star(const char *header)
{
    header += strspn(header, " \t");
    return *header == '*' && header[1 + strspn(header + 1, " \t")] == '\0';
}

static bool is_same(const struct tag *tag, const char *own)
{
    return tag->length == strlen(own) && memcmp(tag->text, own, tag->length) == 0;
}

static bool matches(const char *header, const char *etag, bool weakly)
{
    if (!header) return false;
    if (is_star(header)) return true;
    bool weak = strncmp(etag, "W/", 2) == 0;
    if (weak && !weakly) return false;
    struct tag tag;
    while (next_tag(&header, &tag))
        if ((weakly || !tag.weak) && is_same(&tag, weak ? etag + 2 : etag)) return true;
    return false;
}

bool sc_etag_matches(const char *header, const char *etag)
{
    return matches(header, etag, true);
}

bool sc_etag_matches_strongly(const char *header, const char *etag)
{
    return matches(header, etag, false);
}
