/*
 * Memory that is given back all at once: everything that reading a policy makes. Taken in
 * blocks, zeroed, up to a ceiling; past it arena_take() returns NULL and `failed` stays set.
 */
#ifndef GARITA_POLICY_READER_ARENA_H
#define GARITA_POLICY_READER_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;    /* of the first block */
    size_t total;   /* bytes of all blocks */
    size_t ceiling; /* of total */
    bool failed;
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_done(struct arena *arena);

void *arena_take(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);

/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *bytes, size_t size);

#endif
