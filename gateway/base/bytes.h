/*
 * A borrowed run of bytes, and a few things to do with one. Nothing here owns memory;
 * who made a `struct bytes` says until when it may be read.
 */
#ifndef GARITA_BASE_BYTES_H
#define GARITA_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *at;
    size_t size;
};

struct bytes bytes_of_text(const char *text); /* without the closing NUL */
bool bytes_equal(struct bytes a, struct bytes b);

/* Compares in time that depends on the sizes alone. */
bool bytes_equal_secret(struct bytes a, struct bytes b);

/* Writes 2 * bytes.size lower-case digits and a NUL; size is that of text. */
void hex_encode(struct bytes bytes, char *text, size_t size);

/* True when text is exactly 2 * size hexadecimal digits of either case. */
bool hex_decode(const char *text, uint8_t *out, size_t size);

#endif
