/* What JSON Schema 2020-12 says of one field of the table: the parts that sc_document_write_schema is made
 * of. */
#ifndef SC_CODEC_SCHEMA_WRITER_H
#define SC_CODEC_SCHEMA_WRITER_H

#include "codec/writer.h"
#include "secondchair/field.h"

/* The schema of a field's value, with its meaning, unit, group and default. */
void sc_schema_write_field(struct sc_json_writer *writer, const struct sc_field *field);

/* Members of a schema for an object: type, properties, required, additionalProperties. */
void sc_schema_write_members(struct sc_json_writer *writer, const struct sc_field *fields);

#endif
