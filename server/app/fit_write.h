/* A fitted curve's figures as JSON, alike wherever they are told. */
#ifndef SC_APP_FIT_WRITE_H
#define SC_APP_FIT_WRITE_H

#include "secondchair/fit.h"

struct sc_json_writer;

/* The members of a fit that was found, without the braces; year[fit->observations]. */
void sc_fit_write(const struct sc_fit *fit, const double *year, struct sc_json_writer *writer);

#endif
