/* Memory that lives as long as one piece of work: allocated in order, freed all at once. */
#ifndef SC_BASE_ARENA_H
#define SC_BASE_ARENA_H

#include <stddef.h>

struct sc_arena_block;

/* An arena has a maximum from birth: past it allocations return NULL, they never grow without end. */
struct sc_arena {
    struct sc_arena_block *newest;
    struct sc_arena_block *lent; /* the first of them, where it is not the arena's own */
    size_t used;                 /* bytes handed out */
    size_t limit;                /* bytes that may be handed out */
};

void sc_arena_init(struct sc_arena *arena, size_t limit);

/* Memory to begin with, which outlives the arena's use: for what is small and comes often. Before the first
 * allocation. */
void sc_arena_lend(struct sc_arena *arena, void *memory, size_t size);

/* Gives all memory back; the arena may be used again. */
void sc_arena_fini(struct sc_arena *arena);

/* The same, but keeps memory for the next piece of work of that kind. */
void sc_arena_reset(struct sc_arena *arena);

/* Zeroed memory aligned to 64 bytes, or NULL when the limit or the machine's memory is reached. */
void *sc_arena_alloc(struct sc_arena *arena, size_t size) __attribute__((warn_unused_result));

/* The same, not zeroed: for what its first user fills. */
void *sc_arena_room(struct sc_arena *arena, size_t size) __attribute__((warn_unused_result));

/* The same for count items of one size; NULL too when count * size overflows. */
void *sc_arena_array(struct sc_arena *arena, size_t count, size_t size) __attribute__((warn_unused_result));

/* A terminated copy of length bytes; NULL as above. */
char *sc_arena_text(struct sc_arena *arena, const char *text, size_t length)
    __attribute__((warn_unused_result));

#endif
