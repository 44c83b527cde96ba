/*
 * Takes messages apart. Every process that hears another one, or the network.
 * SECURITY: all lengths that come from outside are compared here with what is left, and
 * nowhere else.
 */
#include "base/reader.h"

#include <stddef.h>

struct reader reader_of(struct bytes bytes)
{
    return (struct reader){.rest = bytes};
}

struct bytes reader_take(struct reader *reader, size_t size)
{
    static const uint8_t nothing;
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        return (struct bytes){.at = &nothing, .size = 0};
    }
    struct bytes taken = {.at = reader->rest.at, .size = size};
    if (size > 0) {
        reader->rest.at += size;
        reader->rest.size -= size;
    }
    if (!taken.at) {
        taken.at = &nothing;
    }
    return taken;
}

static uint64_t take_integer(struct reader *reader, size_t size)
{
    struct bytes bytes = reader_take(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        value = value << 8 | bytes.at[i];
    }
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)take_integer(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)take_integer(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)take_integer(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return take_integer(reader, 8);
}

struct bytes reader_string(struct reader *reader)
{
    return reader_take(reader, reader_u32(reader));
}

bool reader_finished(const struct reader *reader)
{
    return !reader->failed && reader->rest.size == 0;
}
