/* Faults as JSON, alike wherever they are told. */
#ifndef SC_CODEC_FAULTS_H
#define SC_CODEC_FAULTS_H

#include "codec/writer.h"
#include "secondchair/fault.h"

/* The member "errors": [{"pointer", "code", "detail"}], and "errors_omitted" where there were more. */
void sc_json_member_faults(struct sc_json_writer *writer, const struct sc_faults *faults);

/* Reads those two members of an object again; what is not well-formed is left out. */
void sc_json_read_faults(const json_t *object, struct sc_faults *faults);

#endif
