/*
 * Any bytes as a message of any schema: the first byte chooses the schema, the rest is
 * the packet behind its type. What is accepted must be put back as the same bytes.
 */
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_schemas(void)
{
    size_t count = 0;
    while (wire_schemas[count]) {
        count++;
    }
    return count;
}

static void expect_same(const struct channel_message *in,
                        const struct wire_schema *schema, const void *message)
{
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && !channel_pair(ends, NULL)) {
        abort();
    }
    static const int fds[CHANNEL_FDS_MAX] = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
                                             STDERR_FILENO};
    static struct channel_message back;
    if (wire_send(ends[0], schema, message, fds, NULL) != CHANNEL_OK ||
        channel_receive(ends[1], &back, NULL) != CHANNEL_OK || back.size != in->size ||
        memcmp(back.bytes, in->bytes, in->size) != 0) {
        abort();
    }
    channel_message_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct channel_message in;
    if (size < 1 || size - 1 > CHANNEL_MESSAGE_MAX - 2) {
        return 0;
    }
    const struct wire_schema *schema = wire_schemas[data[0] % count_schemas()];
    in.fd_count = schema->fd_count; /* as if so many had come */
    in.bytes[0] = (uint8_t)(schema->type >> 8);
    in.bytes[1] = (uint8_t)schema->type;
    memcpy(in.bytes + 2, data + 1, size - 1);
    in.size = size + 1;
    alignas(max_align_t) uint8_t message[WIRE_MESSAGE_STRUCT_MAX];
    if (wire_get(&in, schema, message, NULL)) {
        expect_same(&in, schema, message);
    }
    return 0;
}
