/*
 * Puts messages into packets and gets them back, by the tables of wire/schemas.c. Every
 * process that has a channel.
 * SECURITY: whoever sent a packet may have been taken over. A message counts only when
 * its type, descriptors and every byte fit the schema; what handlers get is bounded and
 * NUL-terminated, its meaning is theirs to judge.
 */
#include "wire/message.h"

#include <stdalign.h>
#include <string.h>

#include "base/buf.h"
#include "base/reader.h"

static void put_text(struct buf *buf, const char *text)
{
    buf_put_text(buf, text ? text : "");
    buf_put_u8(buf, 0);
}

static void put_field(struct buf *buf, enum wire_kind kind, const void *member)
{
    switch (kind) {
    case WIRE_U8:
        buf_put_u8(buf, *(const uint8_t *)member);
        break;
    case WIRE_U32:
        buf_put_u32(buf, *(const uint32_t *)member);
        break;
    case WIRE_U64:
        buf_put_u64(buf, *(const uint64_t *)member);
        break;
    case WIRE_I64:
        buf_put_u64(buf, (uint64_t) * (const int64_t *)member);
        break;
    case WIRE_TEXT:
        put_text(buf, *(const char *const *)member);
        break;
    case WIRE_BYTES: {
        const struct bytes *bytes = member;
        buf_put_string(buf, bytes->at, bytes->size);
        break;
    }
    case WIRE_HASH:
        buf_put(buf, member, WIRE_HASH_SIZE);
        break;
    case WIRE_END:
        break;
    }
}

enum channel_result wire_send(int channel, const struct wire_schema *schema,
                              const void *message, const int *fds, struct err *err)
{
    struct buf buf;
    buf_init(&buf, CHANNEL_MESSAGE_MAX);
    buf_put_u16(&buf, schema->type);
    const uint8_t *base = message;
    for (const struct wire_field *field = schema->fields(); field->kind != WIRE_END;
         field++) {
        put_field(&buf, field->kind, base + field->offset);
    }
    enum channel_result result = CHANNEL_FAILED;
    if (buf.failed) {
        err_set(err, ERR_LIMIT, "%s does not fit into a message", schema->name);
    } else {
        result = channel_send(channel, buf_view(&buf), fds, schema->fd_count, err);
    }
    buf_done(&buf);
    return result;
}

uint16_t wire_type(const struct channel_message *in)
{
    struct reader reader = reader_of((struct bytes){.at = in->bytes, .size = in->size});
    return reader_u16(&reader);
}

/* The closing NUL is part of the packet, so that the text needs no copy. */
static const char *get_text(struct reader *reader)
{
    struct bytes text = reader_string(reader);
    uint8_t closing = reader_u8(reader);
    if (reader->failed || closing != 0 ||
        (text.size > 0 && memchr(text.at, 0, text.size))) {
        reader->failed = true;
        return "";
    }
    return (const char *)text.at;
}

static void get_field(struct reader *reader, enum wire_kind kind, void *member)
{
    switch (kind) {
    case WIRE_U8:
        *(uint8_t *)member = reader_u8(reader);
        break;
    case WIRE_U32:
        *(uint32_t *)member = reader_u32(reader);
        break;
    case WIRE_U64:
        *(uint64_t *)member = reader_u64(reader);
        break;
    case WIRE_I64:
        *(int64_t *)member = (int64_t)reader_u64(reader);
        break;
    case WIRE_TEXT:
        *(const char **)member = get_text(reader);
        break;
    case WIRE_BYTES:
        *(struct bytes *)member = reader_string(reader);
        break;
    case WIRE_HASH: {
        struct bytes hash = reader_take(reader, WIRE_HASH_SIZE);
        memcpy(member, hash.at, hash.size);
        break;
    }
    case WIRE_END:
        break;
    }
}

bool wire_get(const struct channel_message *in, const struct wire_schema *schema,
              void *message, struct err *err)
{
    if (in->fd_count != schema->fd_count) {
        return err_set(err, ERR_INPUT, "%s with %zu descriptors", schema->name,
                       in->fd_count);
    }
    struct reader reader = reader_of((struct bytes){.at = in->bytes, .size = in->size});
    if (reader_u16(&reader) != schema->type) {
        return err_set(err, ERR_INPUT, "message is not %s", schema->name);
    }
    alignas(max_align_t) uint8_t filled[WIRE_MESSAGE_STRUCT_MAX] = {0};
    for (const struct wire_field *field = schema->fields(); field->kind != WIRE_END;
         field++) {
        get_field(&reader, field->kind, filled + field->offset);
    }
    if (!reader_finished(&reader)) {
        return err_set(err, ERR_INPUT, "%s is malformed", schema->name);
    }
    memcpy(message, filled, schema->size);
    return true;
}

bool wire_dispatch(const struct wire_permit *permits, size_t count, uint32_t state,
                   struct channel_message *in, void *context, struct err *err)
{
    uint16_t type = wire_type(in);
    const struct wire_permit *permit = NULL;
    for (size_t i = 0; i < count && !permit; i++) {
        if (permits[i].schema->type == type) {
            permit = &permits[i];
        }
    }
    if (!permit) {
        return err_set(err, ERR_INPUT, "message of type %#06x is not permitted", type);
    }
    if ((permit->states & state) == 0) {
        return err_set(err, ERR_INPUT, "%s is not permitted now", permit->schema->name);
    }
    alignas(max_align_t) uint8_t message[WIRE_MESSAGE_STRUCT_MAX];
    if (!wire_get(in, permit->schema, message, err)) {
        return false;
    }
    permit->handle(context, message, in);
    return true;
}
