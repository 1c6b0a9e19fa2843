#include "frozen.h"

#include <stddef.h>

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

void sc_json_freeze(json_t *value)
{
    count_each(value, UNCOUNTED);
}

void sc_json_thaw(json_t *value)
{
    count_each(value, 1);
}
