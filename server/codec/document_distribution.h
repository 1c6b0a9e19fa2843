/* One distribution of a document's uncertainty: from what is written to what can be drawn from. */
#ifndef SC_CODEC_DOCUMENT_DISTRIBUTION_H
#define SC_CODEC_DOCUMENT_DISTRIBUTION_H

#include "document_reading.h"
#include "secondchair/uncertainty.h"

/* Checks that the parameters are those of the kind and within their domain. False, and faults at and below
 * the place, where they are not. */
bool sc_distribution_compile(struct sc_reading *reading, const struct sc_place *at,
                             const struct sc_written_distribution *written,
                             struct sc_distribution *distribution);

/* Whether the driver's bounds leave anything of a sound distribution, truncated as it is. */
bool sc_distribution_meets(const struct sc_distribution *distribution, const struct sc_field *bounds);

#endif
