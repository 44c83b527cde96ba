/*
 * Reads big-endian fields from borrowed bytes. Reading past the end sets `failed`, returns
 * zero or the empty run, and so does every later read: a message is taken apart without
 * checks and judged once by reader_finished(). Runs that it returns borrow the same bytes.
 */
#ifndef GARITA_BASE_READER_H
#define GARITA_BASE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct reader {
    struct bytes rest;
    bool failed;
};

struct reader reader_of(struct bytes bytes);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
struct bytes reader_string(struct reader *reader); /* u32 length, then the bytes */
struct bytes reader_take(struct reader *reader, size_t size);
bool reader_finished(const struct reader *reader); /* nothing failed, nothing left */

#endif
