/*
 * The SFTP server as a client sees it: the input is what the client sends. A registry stands
 * behind it that grants everything and answers at once, so that the state machine is walked
 * and not the parser alone. What comes out must be whole packets.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/reader.h"
#include "ssh/sftp.h"
#include "ssh/sftp_decode.h"
#include "wire/tree.h"

enum { HANDLES = 3, LIMIT = 1 << 20 };

static int registry; /* our end */
static int file;

static void answer(const struct wire_schema *schema, const void *message, const int *fds)
{
    wire_send(registry, schema, message, fds, NULL);
}

static void on_open(uint32_t id)
{
    struct tree_opened opened = {.id = id, .handle = id, .limit = LIMIT };
    answer(&tree_opened_schema, &opened, &file);
}

static void on_read_folder(uint32_t id)
{
    static const uint8_t entry[] =
        "\0\0\0\1a\1\0\0\1\xa0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1";
    struct tree_entries page = {.id = id};
    if (id % 2) {
        page.count = 1;
        page.entries = (struct bytes){entry, sizeof entry - 1};
    }
    answer(&tree_entries_schema, &page, NULL);
}

static void answer_question(const struct channel_message *in)
{
    struct reader reader = reader_of((struct bytes){in->bytes, in->size});
    uint16_t type = reader_u16(&reader);
    uint32_t id = reader_u32(&reader);
    if (type == tree_open_schema.type) {
        on_open(id);
    } else if (type == tree_open_folder_schema.type) {
        struct tree_folder folder = {.id = id, .handle = id};
        answer(&tree_folder_schema, &folder, NULL);
    } else if (type == tree_read_folder_schema.type) {
        on_read_folder(id);
    } else if (type == tree_realpath_schema.type) {
        struct tree_path path = {.id = id, .path = "/"};
        answer(&tree_path_schema, &path, NULL);
    } else if (type == tree_stat_schema.type) {
        struct tree_attributes found = {.id = id, .kind = TREE_FILE, .modified = -1};
        answer(&tree_attributes_schema, &found, NULL);
    } else if (type == tree_space_schema.type) {
        struct tree_space_answer space = {.id = id, .bytes_total = UINT64_MAX};
        answer(&tree_space_answer_schema, &space, NULL);
    } else {
        struct tree_status status = {.id = id, .outcome = id % 6};
        answer(&tree_status_schema, &status, NULL);
    }
}

static void answer_all(struct sftp *sftp)
{
    static struct channel_message in;
    struct err err = {0};
    while (channel_receive(registry, &in, &err) == CHANNEL_OK) {
        answer_question(&in);
        channel_message_done(&in);
    }
    if (!sftp_answers(sftp, &err)) {
        abort(); /* every answer fitted its question */
    }
}

static void check_output(struct sftp *sftp)
{
    struct buf *output = sftp_output(sftp);
    struct reader reader = reader_of(buf_view(output));
    while (reader.rest.size > 0) {
        struct bytes packet = reader_string(&reader);
        if (reader.failed || packet.size < 5 || packet.size > SFTP_PACKET_MAX) {
            abort();
        }
    }
    buf_consume(output, buf_size(output));
}

static void converse(struct sftp *sftp, struct bytes input)
{
    struct reader rest = reader_of(input);
    struct err err = {0};
    for (size_t taken = 1; taken > 0;) {
        if (!sftp_input(sftp, rest.rest, &taken, &err)) {
            return;
        }
        reader_take(&rest, taken);
        answer_all(sftp);
        while (sftp_busy(sftp)) {
            sftp_work(sftp);
        }
        check_output(sftp);
    }
    if (!sftp_settled(sftp) || !sftp_ready(sftp)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    file = memfd_create("file", MFD_CLOEXEC);
    if (file < 0 || !channel_pair(ends, NULL)) {
        abort();
    }
    registry = ends[0];
    struct sftp *sftp = sftp_new(ends[1], HANDLES);
    if (!sftp) {
        abort();
    }
    converse(sftp, (struct bytes){data, size});
    sftp_reset(sftp);
    sftp_free(sftp);
    close(ends[0]);
    close(ends[1]);
    close(file);
    return 0;
}
