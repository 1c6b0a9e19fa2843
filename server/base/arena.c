#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, BLOCK_SIZE = 16 * 1024, KEPT_MAX = 4 * 1024 * 1024 };

struct sc_arena_block {
    struct sc_arena_block *older;
    size_t capacity;
    size_t length;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

void sc_arena_init(struct sc_arena *arena, size_t limit)
{
    *arena = (struct sc_arena){.limit = limit};
}

void sc_arena_lend(struct sc_arena *arena, void *memory, size_t size)
{
    size_t skipped = (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;
    if (size < skipped + sizeof(struct sc_arena_block)) return;
    struct sc_arena_block *block = (void *)((unsigned char *)memory + skipped);
    *block = (struct sc_arena_block){.capacity = size - skipped - sizeof *block};
    arena->newest = arena->lent = block;
}

void sc_arena_fini(struct sc_arena *arena)
{
    while (arena->newest) {
        struct sc_arena_block *older = arena->newest->older;
        if (arena->newest != arena->lent) free(arena->newest);
        arena->newest = older;
    }
    arena->lent = NULL;
    arena->used = 0;
}

static struct sc_arena_block *add_block(struct sc_arena *arena, size_t size)
{
    size_t capacity = size > BLOCK_SIZE ? size : (size_t)BLOCK_SIZE;
    size_t total;
    if (__builtin_add_overflow(sizeof(struct sc_arena_block), capacity, &total)) return NULL;
    if (total % ALIGNMENT) total += ALIGNMENT - total % ALIGNMENT;
    struct sc_arena_block *block = aligned_alloc(ALIGNMENT, total);
    if (!block) return NULL;
    block->older = arena->newest;
    block->capacity = capacity;
    block->length = 0;
    arena->newest = block;
    return block;
}

/* Several blocks become one that has the room of all. */
void sc_arena_reset(struct sc_arena *arena)
{
    size_t room = 0;
    struct sc_arena_block *newest = arena->newest;
    if (newest && !newest->older) {
        newest->length = 0;
        arena->used = 0;
        return;
    }
    for (struct sc_arena_block *block = newest; block; block = block->older) room += block->capacity;
    sc_arena_fini(arena);
    if (room) add_block(arena, room < KEPT_MAX ? room : (size_t)KEPT_MAX);
}

void *sc_arena_room(struct sc_arena *arena, size_t size)
{
    size_t padded, used;
    if (__builtin_add_overflow(size, (size_t)(ALIGNMENT - 1), &padded)) return NULL;
    padded -= padded % ALIGNMENT;
    if (__builtin_add_overflow(arena->used, padded, &used) || used > arena->limit) return NULL;
    struct sc_arena_block *block = arena->newest;
    if (!block || block->capacity - block->length < padded) block = add_block(arena, padded);
    if (!block) return NULL;
    void *memory = block->bytes + block->length;
    block->length += padded;
    arena->used = used;
    return memory;
}

void *sc_arena_alloc(struct sc_arena *arena, size_t size)
{
    void *memory = sc_arena_room(arena, size);
    if (memory) memset(memory, 0, size);
    return memory;
}

void *sc_arena_array(struct sc_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    return sc_arena_alloc(arena, total);
}

char *sc_arena_text(struct sc_arena *arena, const char *text, size_t length)
{
    size_t size;
    if (__builtin_add_overflow(length, (size_t)1, &size)) return NULL;
    char *copy = sc_arena_alloc(arena, size);
    if (copy && length) memcpy(copy, text, length);
    return copy;
}
