/*
 * The table of strings of an image under construction: each text once, found again by hash.
 * Offset 0 is the empty text.
 */
#ifndef GARITA_POLICY_READER_STRINGS_H
#define GARITA_POLICY_READER_STRINGS_H

#include "base/buf.h"

struct strings {
    struct buf bytes;
    uint32_t *slots; /* offset + 1 of a text; 0: free */
    size_t room;     /* a power of two */
    size_t used;
    bool failed; /* out of memory or past the ceiling */
};

void strings_init(struct strings *strings, size_t ceiling);
void strings_done(struct strings *strings);

/* The text's offset; 0 when it failed. */
uint32_t strings_put(struct strings *strings, const char *text);

#endif
