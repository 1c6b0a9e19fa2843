/* The files that are built into the program, for the use cases that answer from them. */
#ifndef SC_APP_SITE_H
#define SC_APP_SITE_H

#include <stddef.h>

/* The bytes of a file by its name, for instance "observations.json"; NULL when it was not built in. */
const char *sc_site_file(const char *name, size_t *length);

#endif
