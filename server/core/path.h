/* Reading drivers into rows: one figure for every lane. Private to the core. */
#ifndef SC_CORE_PATH_H
#define SC_CORE_PATH_H

#include "lanes.h"
#include "secondchair/field.h"
#include "secondchair/model.h"

/* The same numbers in every lane. */
SC_PART bool sc_rows_are_equal(const double *a, const double *b)
{
    bool equal = true;
    for (size_t l = 0; l < SC_LANES; l++) equal &= a[l] == b[l];
    return equal;
}

/* A driver in every lane; fallback where the document leaves it out. */
void sc_slot_row(const struct sc_block *block, sc_slot slot, double fallback, sc_row out);

/* Whether a path has drivers that move from call to call. */
static inline bool sc_path_is_moved(const struct sc_block *block, const struct sc_path *path)
{
    static const uint8_t slots[] = {[SC_PATH_ABSENT] = 0, [SC_PATH_CONSTANT] = 1, [SC_PATH_RAMP] = 2};
    int count = path->form == SC_PATH_VALUES ? path->count : slots[path->form];
    for (int i = 0; i < count; i++)
        if (block->slot_moves[path->slot + i]) return true;
    return false;
}

/* Whether rows that follow from a path have to be evaluated (again). */
static inline bool sc_path_moves(const struct sc_block *block, const struct sc_path *path)
{
    return !block->warm || sc_path_is_moved(block, path);
}

/* A path's rows from a year on; the second, where it moves. */
void sc_fill_path_rows(struct sc_block *block, const struct sc_path *path, int first, sc_row *out);
static inline void sc_path_rows(struct sc_block *block, const struct sc_path *path, int first, sc_row *out)
{
    if (sc_path_moves(block, path)) sc_fill_path_rows(block, path, first, out);
}

/* Where a ramp stands in a year: 0 at its start, 1 at its end. MODEL 1. */
double sc_ramp_position(const struct sc_path *path, int year);

/* start (end/start)^position in every lane. */
void sc_geometric_row(const double *start, const double *end, double position, sc_row out);

SC_PART const double *sc_ramp_at(const struct sc_path *path, double position, const sc_row *driver,
                                 sc_row room)
{
    const double *start = driver[path->slot], *end = driver[path->slot + 1];
    if (position <= 0) return start;
    if (position >= 1) return end;
    if (path->shape == SC_SHAPE_GEOMETRIC)
        sc_geometric_row(start, end, position, room);
    else
        SC_EACH_LANE (l) room[l] = start[l] + (end[l] - start[l]) * position;
    return room;
}

/* A path's row of a year: where it stands, or in the room given. */
SC_PART const double *sc_path_at(const struct sc_block *block, const struct sc_path *path, int year,
                                 sc_row room)
{
    int index = year - path->first_year, last = path->count - 1;
    switch ((enum sc_path_form)path->form) {
    case SC_PATH_CONSTANT:
        return block->driver[path->slot];
    case SC_PATH_VALUES:
        return block->driver[path->slot + (index > last ? last : index)];
    case SC_PATH_RAMP:
        return sc_ramp_at(path, sc_ramp_position(path, year), (const sc_row *)block->driver, room);
    default: /* SC_PATH_ABSENT */
        SC_EACH_LANE (l) room[l] = 0;
        return room;
    }
}

/* Groups of drivers as a set, for block->moving and the stages. */
#define SC_GROUP_BIT(group) (1u << (group))
#define SC_ALL_GROUPS (~0u)

/* Stages of the evaluation, in their order. The first ones do not depend on when the chair is lost, and
 * evaluate only what depends on the groups of drivers that are moving. */
void sc_stage_market(struct sc_block *block, unsigned moving);         /* MODEL 2, 3 */
void sc_stage_seats(struct sc_block *block, unsigned moving);          /* MODEL 4 */
void sc_stage_segments(struct sc_block *block, unsigned moving);       /* MODEL 5: as with the chair held */
void sc_stage_operations(struct sc_block *block, unsigned moving);     /* MODEL 6: rates */
void sc_stage_discount(struct sc_block *block, unsigned moving);       /* MODEL 7: rates and factors */
void sc_stage_terminal_rates(struct sc_block *block, unsigned moving); /* MODEL 7 */
void sc_stage_claims(struct sc_block *block, unsigned moving);         /* MODEL 7: bridge and dilution */
void sc_stage_chair(struct sc_block *block, unsigned moving); /* MODEL 8: hazard, and what a loss leaves */

/* Those that do, from the first year in which a branch may differ from what the rows hold. */
void sc_stage_loss(struct sc_block *block, int first);      /* MODEL 5, 8: revenue and profit */
void sc_stage_cash_flow(struct sc_block *block, int first); /* MODEL 6 */
void sc_stage_terminal(struct sc_block *block);             /* MODEL 7: terminal and enterprise value */
void sc_stage_settle(struct sc_block *block);               /* MODEL 7: equity, share */

/* The share for each of several rows of enterprise value, at most SC_YEARS_MAX. MODEL 7. */
void sc_settle_rows(const struct sc_block *block, const sc_row *enterprise_value, size_t rows, sc_row *share);

/* The enterprise value of each branch, by the year of loss from 1 on, in the lanes in which cash flow is
 * linear in what is left of the chair: see linear.c. Reinvestment goes by capex. The branch in which the
 * chair is held stands in the rows. True: it is linear in all lanes. */
bool sc_linear_branches(const struct sc_block *block, sc_row *enterprise_value, bool linear[SC_LANES]);

/* Figures that are shown, and of which no other follows. */
void sc_detail_segments(struct sc_block *block);
void sc_detail_cash_flow(struct sc_block *block);

/* The settlements in full. */
void sc_fill_settlements(struct sc_block *block);

/* The stages up to where branches part, for the groups that move; those of a branch that differs from what
 * the rows hold from its first year on. */
void sc_evaluate_before_loss(struct sc_block *block, unsigned moving);
void sc_evaluate_from(struct sc_block *block, int first);

/* Puts the changes into lanes; lanes past the count copy the last one. */
void sc_load_changes(struct sc_block *block, const struct sc_lanes *lanes);

/* Why each lane of the branch just evaluated has no value. */
void sc_gather_faults(const struct sc_block *block, uint32_t fault[SC_LANES]);

/* Probability of the branch that each lane holds, from the hazard of that lane. MODEL 8. */
void sc_branch_weights(const struct sc_block *block, sc_row weight);

/* The rate of a capital-asset-pricing build-up, in every lane. MODEL 7. */
void sc_capm_row(const struct sc_block *block, const struct sc_capm *capm, sc_row out);

#endif
