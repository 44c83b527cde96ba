/*
 * A byte queue that grows up to a ceiling: written at its tail, consumed at its head.
 * Integers are big-endian, as in SSH (RFC 4251 section 5). A write past the ceiling or
 * out of memory sets `failed`, drops the bytes, and so does every later write: a message
 * is put together without checks and looked at once before it is sent. A write never
 * adds a part of its bytes.
 */
#ifndef GARITA_BASE_BUF_H
#define GARITA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct buf {
    uint8_t *memory;
    size_t head;     /* first byte not yet consumed */
    size_t tail;     /* one past the last byte */
    size_t capacity; /* of memory */
    size_t ceiling;  /* capacity never grows past this */
    bool failed;
};

void buf_init(struct buf *buf, size_t ceiling);
void buf_done(struct buf *buf); /* wipes and frees; safe after buf_done or zeroing */

size_t buf_size(const struct buf *buf);
size_t buf_room(const struct buf *buf);       /* bytes that may still be put */
struct bytes buf_view(const struct buf *buf); /* until the next put, consume or done */
void buf_clear(struct buf *buf);
void buf_consume(struct buf *buf, size_t size); /* size <= buf_size() */

void buf_put(struct buf *buf, const void *bytes, size_t size);
void buf_put_u8(struct buf *buf, uint8_t value);
void buf_put_u16(struct buf *buf, uint16_t value);
void buf_put_u32(struct buf *buf, uint32_t value);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_string(struct buf *buf, const void *bytes, size_t size); /* u32 + bytes */
void buf_put_text(struct buf *buf, const char *text); /* as a string, without NUL */

/* Room for size bytes at the tail, to be filled in place and then kept by
   buf_commit(). NULL, and failed set, where that passes the ceiling. */
uint8_t *buf_reserve(struct buf *buf, size_t size);
void buf_commit(struct buf *buf, size_t size);

/* Overwrites four bytes at offset from the head, for a length known afterwards. */
void buf_patch_u32(struct buf *buf, size_t offset, uint32_t value);

/* Appends formatted text without a length; for the texts that people read. */
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
