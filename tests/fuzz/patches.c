/* Texts parted by NUL bytes: a document, another one, and a patch or overrides. diff and between lead from
 * one to the other; whatever a patch makes is nested no deeper than what may be sent; inputs stay as they
 * are. */
#include "codec/diff.h"
#include "codec/patch.h"
#include "fuzz.h"

static void shallow(json_t *json)
{
    size_t length;
    if (!json) return;
    free(fuzz_canonical(json, &length)); /* fails for what is too deep */
    json_decref(json);
}

static void diff_leads(const json_t *a, const json_t *b)
{
    struct sc_faults faults = {.count = 0};
    json_t *steps = sc_json_diff(a, b);
    MUST(steps);
    json_t *made = sc_json_patch(a, steps, &faults);
    MUST(made && sc_json_same(made, b) && !sc_faults_any(&faults));
    MUST((json_array_size(steps) == 0) == sc_json_same(a, b));
    json_decref(made);
    json_decref(steps);
}

/* Nulls of the child's own root count as absent; those of the parent are not for removal either. */
static void between_leads(const json_t *a, const json_t *b)
{
    struct sc_faults faults = {.count = 0};
    json_t *child = json_copy(sc_json_unconst(b)), *overrides, *made;
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(child, next, key, value) if (json_is_null(value)) json_object_del(child, key);
    overrides = sc_overlay_between(a, child);
    if (overrides) {
        made = sc_overlay_apply(a, overrides, &faults);
        MUST(made && sc_json_same(made, child));
        json_decref(made);
    }
    json_decref(overrides);
    json_decref(child);
}

static void change(const json_t *a, const json_t *patch)
{
    struct sc_faults faults = {.count = 0}, more = {.count = 0};
    json_t *merged = sc_merge_patch(a, patch), *patched, *overlaid;
    MUST(merged);
    shallow(merged);
    patched = sc_json_patch(a, patch, &faults);
    MUST(!patched == sc_faults_any(&faults));
    shallow(patched);
    overlaid = sc_overlay_apply(a, patch, &more);
    MUST(!overlaid == sc_faults_any(&more));
    shallow(overlaid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json[3] = {NULL};
    size_t count = 0, length, again;
    for (const uint8_t *at = data, *end = data + size; at < end && count < 3;) {
        const uint8_t *stop = memchr(at, 0, (size_t)(end - at));
        if (!stop) stop = end;
        json[count] = fuzz_parse(at, (size_t)(stop - at));
        if (!json[count++]) break;
        at = stop + (stop < end);
    }
    if (count > 0 && !json[count - 1]) count--;
    char *before = count > 0 ? fuzz_canonical(json[0], &length) : NULL;
    if (count > 1) {
        diff_leads(json[0], json[1]);
        diff_leads(json[1], json[0]);
        if (json_is_object(json[0]) && json_is_object(json[1])) between_leads(json[0], json[1]);
        change(json[0], json[1]);
    }
    if (count > 2) change(json[0], json[2]);
    char *after = before ? fuzz_canonical(json[0], &again) : NULL;
    if (before) MUST(length == again && memcmp(before, after, length) == 0);
    for (size_t i = 0; i < 3; i++) json_decref(json[i]);
    free(before);
    free(after);
    return 0;
}
