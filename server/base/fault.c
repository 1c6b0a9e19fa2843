#include "secondchair/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *meaning;
} CODES[] = {
#define SC_FAULT(name, meaning) {#name, meaning},
#include "secondchair/faults.def"
#undef SC_FAULT
};

const char *sc_fault_name(enum sc_fault_code code)
{
    return CODES[code].name;
}

const char *sc_fault_meaning(enum sc_fault_code code)
{
    return CODES[code].meaning;
}

/* Ends a text that did not fit with "…", at a character's boundary. */
static void mark_cut(char *text, size_t size)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t end = size - sizeof ellipsis;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) end--;
    memcpy(text + end, ellipsis, sizeof ellipsis);
}

void sc_fault_add(struct sc_faults *faults, enum sc_fault_code code, const char *pointer, const char *format,
                  ...)
{
    if (faults->count == SC_FAULTS_MAX) {
        faults->omitted++;
        return;
    }
    struct sc_fault *fault = &faults->item[faults->count++];
    fault->code = code;
    if (snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer) >= (int)sizeof fault->pointer)
        mark_cut(fault->pointer, sizeof fault->pointer);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fault->detail, sizeof fault->detail, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof fault->detail) mark_cut(fault->detail, sizeof fault->detail);
}
