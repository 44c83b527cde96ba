/*
 * The byte queue. Every process; with base/reader.c the only file that does arithmetic on
 * pointers. Memory that is given back was wiped: passwords and document bytes pass here.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { BUF_FIRST_CAPACITY = 256 };

void buf_init(struct buf *buf, size_t ceiling)
{
    *buf = (struct buf){.ceiling = ceiling};
}

void buf_done(struct buf *buf)
{
    if (buf->memory) {
        explicit_bzero(buf->memory, buf->capacity);
        free(buf->memory);
    }
    *buf = (struct buf){.ceiling = buf->ceiling};
}

size_t buf_size(const struct buf *buf)
{
    return buf->tail - buf->head;
}

size_t buf_room(const struct buf *buf)
{
    return buf->failed ? 0 : buf->ceiling - buf_size(buf);
}

struct bytes buf_view(const struct buf *buf)
{
    static const uint8_t nothing;
    if (!buf->memory) {
        return (struct bytes){.at = &nothing, .size = 0};
    }
    return (struct bytes){.at = buf->memory + buf->head, .size = buf_size(buf)};
}

void buf_clear(struct buf *buf)
{
    buf->head = 0;
    buf->tail = 0;
    buf->failed = false;
}

void buf_consume(struct buf *buf, size_t size)
{
    if (size > buf_size(buf)) {
        bug("buf_consume: %zu of %zu", size, buf_size(buf));
    }
    buf->head += size;
    if (buf->head == buf->tail) {
        buf->head = 0;
        buf->tail = 0;
    }
}

/* Moves what is held to the start of memory that has room for size bytes more. */
static bool grow(struct buf *buf, size_t size)
{
    size_t held = buf_size(buf);
    size_t capacity = buf->capacity ? buf->capacity : BUF_FIRST_CAPACITY;
    while (capacity < held + size) {
        capacity = capacity > buf->ceiling / 2 ? buf->ceiling : capacity * 2;
    }
    capacity = capacity > buf->ceiling ? buf->ceiling : capacity;
    uint8_t *memory = malloc(capacity);
    if (!memory) {
        return false;
    }
    if (buf->memory) {
        memcpy(memory, buf->memory + buf->head, held);
        explicit_bzero(buf->memory, buf->capacity);
        free(buf->memory);
    }
    buf->memory = memory;
    buf->capacity = capacity;
    buf->head = 0;
    buf->tail = held;
    return true;
}

uint8_t *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->failed || size > buf->ceiling - buf_size(buf)) {
        buf->failed = true;
        return NULL;
    }
    if (!buf->memory || buf->capacity - buf->tail < size) {
        if (buf->memory && buf->capacity - buf_size(buf) >= size &&
            (buf->head >= buf->capacity / 2 || buf->capacity == buf->ceiling)) {
            memmove(buf->memory, buf->memory + buf->head, buf_size(buf));
            buf->tail -= buf->head;
            buf->head = 0;
        } else if (!grow(buf, size)) {
            buf->failed = true;
            return NULL;
        }
    }
    return buf->memory + buf->tail;
}

void buf_commit(struct buf *buf, size_t size)
{
    if (buf->failed) {
        return;
    }
    if (size > buf->capacity - buf->tail) {
        bug("buf_commit: %zu of %zu", size, buf->capacity - buf->tail);
    }
    buf->tail += size;
}

void buf_put(struct buf *buf, const void *bytes, size_t size)
{
    if (size == 0) {
        return;
    }
    uint8_t *at = buf_reserve(buf, size);
    if (at) {
        memcpy(at, bytes, size);
        buf_commit(buf, size);
    }
}

/* The lowest `size` bytes of value, the highest of them first. */
static void put_integer(struct buf *buf, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    buf_put(buf, bytes, size);
}

void buf_put_u8(struct buf *buf, uint8_t value)
{
    put_integer(buf, value, 1);
}

void buf_put_u16(struct buf *buf, uint16_t value)
{
    put_integer(buf, value, 2);
}

void buf_put_u32(struct buf *buf, uint32_t value)
{
    put_integer(buf, value, 4);
}

void buf_put_u64(struct buf *buf, uint64_t value)
{
    put_integer(buf, value, 8);
}

void buf_put_string(struct buf *buf, const void *bytes, size_t size)
{
    /* Both parts or neither. */
    if (size > UINT32_MAX || size > SIZE_MAX - 4 || !buf_reserve(buf, size + 4)) {
        buf->failed = true;
        return;
    }
    buf_put_u32(buf, (uint32_t)size);
    buf_put(buf, bytes, size);
}

void buf_put_text(struct buf *buf, const char *text)
{
    buf_put_string(buf, text, strlen(text));
}

void buf_patch_u32(struct buf *buf, size_t offset, uint32_t value)
{
    if (buf->failed) {
        return;
    }
    if (buf_size(buf) < 4 || offset > buf_size(buf) - 4) {
        bug("buf_patch_u32: offset %zu of %zu", offset, buf_size(buf));
    }
    for (size_t i = 0; i < 4; i++) {
        buf->memory[buf->head + offset + i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0) {
        buf->failed = true;
        return;
    }
    /* vsnprintf writes a NUL behind the text; the room for it is reserved, not kept. */
    char small[512];
    char *large = (size_t)size < sizeof small ? NULL : malloc((size_t)size + 1);
    if ((size_t)size >= sizeof small && !large) {
        buf->failed = true;
        return;
    }
    char *text = large ? large : small;
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buf_put(buf, text, (size_t)size);
    free(large);
}
