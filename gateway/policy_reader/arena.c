/*
 * Blocks of 64 KiB, or larger for what does not fit, newest first.
 */
#include "policy_reader/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of memory */
    _Alignas(ALIGNMENT) unsigned char memory[];
};

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

void arena_done(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena_init(arena, arena->ceiling);
}

static bool add_block(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    if (size > arena->ceiling - arena->total) {
        return false;
    }
    struct arena_block *block = calloc(1, sizeof *block + size);
    if (!block) {
        return false;
    }
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->total += size;
    arena->used = 0;
    return true;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->failed || rounded < size) {
        return NULL;
    }
    bool fits = arena->blocks && rounded <= arena->blocks->size - arena->used;
    if (!fits && !add_block(arena, rounded)) {
        arena->failed = true;
        return NULL;
    }
    void *taken = &arena->blocks->memory[arena->used];
    arena->used += rounded;
    return taken;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    return arena_take(arena, bytes);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_take(arena, size + 1) : NULL;
    if (copy && size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}
