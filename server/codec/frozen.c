#include "frozen.h"

#include "codec/writer.h"

#include <stddef.h>
#include <string.h>

/* What jansson's constants have, which are never counted. */
static const size_t UNCOUNTED = (size_t)-1;

static void count_each(json_t *value, size_t count)
{
    const char *key;
    json_t *member;
    size_t index;
    if (!value || json_is_boolean(value) || json_is_null(value)) return;
    value->refcount = count;
    json_object_foreach (value, key, member) count_each(member, count);
    json_array_foreach (value, index, member) count_each(member, count);
}

/* What jansson 2.14 allocates for each, in round numbers. */
size_t sc_json_weight(const json_t *value)
{
    enum { OBJECT = 256, MEMBER = 80, ARRAY = 112, ITEM = 16, TEXT = 64, NUMBER = 32 };
    const char *key;
    json_t *member;
    size_t index, weight;
    if (!value || json_is_boolean(value) || json_is_null(value)) return 0;
    weight = json_is_object(value)   ? OBJECT
             : json_is_array(value)  ? ARRAY
             : json_is_string(value) ? TEXT + json_string_length(value)
                                     : NUMBER;
    json_object_foreach (sc_json_unconst(value), key, member)
        weight += MEMBER + strlen(key) + sc_json_weight(member);
    json_array_foreach (value, index, member) weight += ITEM + sc_json_weight(member);
    return weight;
}

void sc_json_freeze(json_t *value)
{
    count_each(value, UNCOUNTED);
}

void sc_json_thaw(json_t *value)
{
    count_each(value, 1);
}
