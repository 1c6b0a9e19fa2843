/* Reading drivers into rows: one figure for every lane. Private to the core. */
#ifndef SC_CORE_PATH_H
#define SC_CORE_PATH_H

#include "secondchair/model.h"

#define SC_EACH_LANE(l) for (size_t l = 0; l < SC_LANES; l++)

/* A driver in every lane; fallback where the document leaves it out. */
void sc_slot_row(const struct sc_block *block, sc_slot slot, double fallback, sc_row out);

/* Stages of the evaluation, in their order. */
void sc_stage_market(struct sc_block *block); /* MODEL 2, 3 */
void sc_stage_seats(struct sc_block *block);  /* MODEL 4 */
void sc_stage_segments(
    struct sc_block *block); /* MODEL 5, 8: revenue and margins, the chair's loss in them */
void sc_stage_discount(struct sc_block *block);  /* MODEL 7: rates and factors */
void sc_stage_cash_flow(struct sc_block *block); /* MODEL 6 */
void sc_stage_terminal(struct sc_block *block);  /* MODEL 7: terminal value, enterprise value */

/* Probability of the branch that each lane holds, from the hazard of that lane. MODEL 8. */
void sc_branch_weights(const struct sc_block *block, sc_row weight);

/* The rate of a capital-asset-pricing build-up, in every lane. MODEL 7. */
void sc_capm_row(const struct sc_block *block, const struct sc_capm *capm, sc_row out);

#endif
