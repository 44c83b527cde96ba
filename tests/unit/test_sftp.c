/*
 * The SFTP server without a transport: the test is client and registry at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/reader.h"
#include "ssh/sftp.h"
#include "ssh/sftp_reply.h"
#include "wire/tree.h"

enum { HANDLES = 4, FILE_LIMIT = 1000, REGISTRY_HANDLE = 77, STATUS = 101, HANDLE = 102 };

struct table {
    int registry; /* our end */
    int session;
    struct sftp *sftp;
    struct buf request;
    struct channel_message asked; /* the last question that was taken */
    int file;                     /* what opened files are */
    uint8_t handle[8];            /* of the last one opened */
};

static int set_up(void **state)
{
    struct table *table = calloc(1, sizeof *table);
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    table->registry = ends[0];
    table->session = ends[1];
    table->sftp = sftp_new(table->session, HANDLES);
    table->file = memfd_create("file", MFD_CLOEXEC);
    buf_init(&table->request, 1024 * 1024);
    *state = table;
    return 0;
}

static int tear_down(void **state)
{
    struct table *table = *state;
    channel_message_done(&table->asked);
    sftp_free(table->sftp);
    buf_done(&table->request);
    close(table->registry);
    close(table->session);
    close(table->file);
    free(table);
    return 0;
}

/* ---- the client ------------------------------------------------------------------------ */

/* A request is put together in table->request, begun here and sent by give(). */
static struct buf *begin(struct table *table, unsigned type, uint32_t id)
{
    buf_clear(&table->request);
    buf_put_u32(&table->request, 0);
    buf_put_u8(&table->request, (uint8_t)type);
    buf_put_u32(&table->request, id);
    return &table->request;
}

static bool give(struct table *table)
{
    struct err err = {0};
    size_t taken = 0;
    buf_patch_u32(&table->request, 0, (uint32_t)buf_size(&table->request) - 4);
    bool good = sftp_input(table->sftp, buf_view(&table->request), &taken, &err);
    if (good) {
        assert_int_equal(taken, buf_size(&table->request));
    }
    return good;
}

/* The next packet for the client, without its length. */
static struct reader next(struct table *table)
{
    struct buf *output = sftp_output(table->sftp);
    struct reader reader = reader_of(buf_view(output));
    struct bytes packet = reader_string(&reader);
    assert_false(reader.failed);
    buf_consume(output, packet.size + 4); /* what was viewed stays where it is */
    return reader_of(packet);
}

static void expect_nothing(struct table *table)
{
    assert_int_equal(buf_size(sftp_output(table->sftp)), 0);
}

static struct bytes expect_status(struct table *table, uint32_t id,
                                  enum sftp_status status)
{
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), STATUS);
    assert_int_equal(reader_u32(&packet), id);
    assert_int_equal(reader_u32(&packet), status);
    struct bytes text = reader_string(&packet);
    reader_string(&packet);
    assert_true(reader_finished(&packet));
    return text;
}

static void greet(struct table *table)
{
    begin(table, SFTP_INIT, 3);
    assert_true(give(table));
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 2);
    assert_int_equal(reader_u32(&packet), 3);
}

/* ---- the registry ---------------------------------------------------------------------- */

/* Takes the next question. */
static void take(struct table *table, const struct wire_schema *schema, void *question)
{
    struct err err = {0};
    channel_message_done(&table->asked);
    assert_int_equal(channel_receive(table->registry, &table->asked, &err), CHANNEL_OK);
    if (!wire_get(&table->asked, schema, question, &err)) {
        fail_msg("%s", err.text);
    }
}

static void expect_no_question(struct table *table)
{
    struct pollfd readable = {.fd = table->registry, .events = POLLIN};
    assert_int_equal(poll(&readable, 1, 0), 0);
}

static bool answer(struct table *table, const struct wire_schema *schema,
                   const void *message, const int *fds)
{
    struct err err = {0};
    assert_int_equal(wire_send(table->registry, schema, message, fds, &err), CHANNEL_OK);
    return sftp_answers(table->sftp, &err);
}

static void answer_status(struct table *table, uint32_t id, enum tree_outcome outcome)
{
    struct tree_status status = {
        .id = id, .outcome = outcome, .reason = "CODE", .text = "Words."};
    assert_true(answer(table, &tree_status_schema, &status, NULL));
}

static uint32_t ask_open(struct table *table, uint32_t id, uint32_t flags)
{
    struct buf *request = begin(table, SFTP_OPEN, id);
    buf_put_text(request, "/a");
    buf_put_u32(request, flags);
    buf_put_u32(request, 0);
    assert_true(give(table));
    struct tree_open question;
    take(table, &tree_open_schema, &question);
    assert_true(bytes_equal(question.path, bytes_of_text("/a")));
    return question.id;
}

static void take_handle(struct table *table, uint32_t id)
{
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), HANDLE);
    assert_int_equal(reader_u32(&packet), id);
    struct bytes handle = reader_string(&packet);
    assert_int_equal(handle.size, sizeof table->handle);
    memcpy(table->handle, handle.at, sizeof table->handle);
}

static void open_file(struct table *table, uint32_t flags)
{
    struct tree_opened opened = {.id = ask_open(table, 50, flags),
                                 .handle = REGISTRY_HANDLE,
                                 .limit = FILE_LIMIT,
                                 .modified = 1000};
    assert_true(answer(table, &tree_opened_schema, &opened, &table->file));
    take_handle(table, 50);
}

static void open_folder(struct table *table)
{
    struct buf *request = begin(table, SFTP_OPENDIR, 51);
    buf_put_text(request, "/");
    assert_true(give(table));
    struct tree_open_folder question;
    take(table, &tree_open_folder_schema, &question);
    struct tree_folder folder = {.id = question.id, .handle = REGISTRY_HANDLE};
    assert_true(answer(table, &tree_folder_schema, &folder, NULL));
    take_handle(table, 51);
}

static void on_handle(struct table *table, unsigned type, uint32_t id)
{
    struct buf *request = begin(table, type, id);
    buf_put_string(request, table->handle, sizeof table->handle);
}

static void write_at(struct table *table, uint64_t offset, const char *data)
{
    on_handle(table, SFTP_WRITE, 60);
    buf_put_u64(&table->request, offset);
    buf_put_text(&table->request, data);
    assert_true(give(table));
}

static void read_at(struct table *table, uint64_t offset, uint32_t length)
{
    on_handle(table, SFTP_READ, 61);
    buf_put_u64(&table->request, offset);
    buf_put_u32(&table->request, length);
    assert_true(give(table));
}

static void assert_file(struct table *table, const char *content)
{
    char got[64] = {0};
    assert_true(pread(table->file, got, sizeof got - 1, 0) >= 0);
    assert_string_equal(got, content);
}

/* ---- the conversation ------------------------------------------------------------------ */

static void sftp_request_before_init_ends_the_conversation(void **state)
{
    struct table *table = *state;
    buf_put_text(begin(table, SFTP_STAT, 1), "/");
    assert_false(give(table));
}

static void sftp_second_init_ends_the_conversation(void **state)
{
    struct table *table = *state;
    greet(table);
    begin(table, SFTP_INIT, 3);
    assert_false(give(table));
}

static void sftp_init_of_another_version_gets_three(void **state)
{
    struct table *table = *state;
    begin(table, SFTP_INIT, 6);
    assert_true(give(table));
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 2);
    assert_int_equal(reader_u32(&packet), 3);
    assert_true(
        bytes_equal(reader_string(&packet), bytes_of_text("posix-rename@openssh.com")));
}

static void sftp_unknown_requests_are_refused_and_it_goes_on(void **state)
{
    struct table *table = *state;
    greet(table);
    begin(table, 199, 5);
    assert_true(give(table));
    expect_status(table, 5, SFTP_OP_UNSUPPORTED);
    buf_put_text(begin(table, SFTP_READLINK, 6), "/a");
    assert_true(give(table));
    expect_status(table, 6, SFTP_OP_UNSUPPORTED);
    begin(table, SFTP_STAT, 7);
    assert_true(give(table));
    expect_status(table, 7, SFTP_BAD_MESSAGE);
    expect_no_question(table);
}

static void sftp_outcomes_become_statuses(void **state)
{
    struct table *table = *state;
    static const struct {
        enum tree_outcome outcome;
        enum sftp_status status;
    } rows[] = {{TREE_OK, SFTP_OK},
                {TREE_NO_SUCH, SFTP_NO_SUCH_FILE},
                {TREE_DENIED, SFTP_PERMISSION_DENIED},
                {TREE_FAILED, SFTP_FAILURE},
                {TREE_BAD_REQUEST, SFTP_FAILURE},
                {TREE_UNSUPPORTED, SFTP_OP_UNSUPPORTED}};
    greet(table);
    for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
        buf_put_text(begin(table, SFTP_REMOVE, i), "/a");
        assert_true(give(table));
        struct tree_remove question;
        take(table, &tree_remove_schema, &question);
        answer_status(table, question.id, rows[i].outcome);
        struct bytes text = expect_status(table, i, rows[i].status);
        assert_true(bytes_equal(text, bytes_of_text("Words. [CODE]")));
    }
}

static void sftp_answers_may_come_in_any_order(void **state)
{
    struct table *table = *state;
    struct tree_stat first, second;
    greet(table);
    buf_put_text(begin(table, SFTP_STAT, 1), "/1");
    assert_true(give(table));
    take(table, &tree_stat_schema, &first);
    buf_put_text(begin(table, SFTP_LSTAT, 2), "/2");
    assert_true(give(table));
    take(table, &tree_stat_schema, &second);
    answer_status(table, second.id, TREE_NO_SUCH);
    expect_status(table, 2, SFTP_NO_SUCH_FILE);
    struct tree_attributes found = {
        .id = first.id, .kind = TREE_FOLDER, .permissions = 0750};
    assert_true(answer(table, &tree_attributes_schema, &found, NULL));
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 105);
    assert_int_equal(reader_u32(&packet), 1);
}

static void sftp_answer_to_no_question_ends_the_session(void **state)
{
    struct table *table = *state;
    greet(table);
    struct tree_status status = {.id = 1234, .outcome = TREE_OK};
    assert_false(answer(table, &tree_status_schema, &status, NULL));
}

static void sftp_answer_of_another_kind_ends_the_session(void **state)
{
    struct table *table = *state;
    greet(table);
    struct tree_path path = {.id = ask_open(table, 1, 1), .path = "/a"};
    assert_false(answer(table, &tree_path_schema, &path, NULL));
}

static void sftp_questions_that_come_too_fast_wait(void **state)
{
    struct table *table = *state;
    greet(table);
    sftp_pace(table->sftp, 2);
    for (uint32_t i = 1; i <= 2; i++) {
        struct tree_stat question;
        assert_true(sftp_ready(table->sftp));
        buf_put_text(begin(table, SFTP_STAT, i), "/a");
        assert_true(give(table));
        take(table, &tree_stat_schema, &question);
    }
    assert_false(sftp_ready(table->sftp));
    assert_in_range(sftp_pause(table->sftp), 1, 500);
    struct err err = {0};
    size_t taken = 1;
    assert_true(sftp_input(table->sftp, buf_view(&table->request), &taken, &err));
    assert_int_equal(taken, 0);
    expect_no_question(table);
}

static void sftp_sixteen_questions_wait_at_most(void **state)
{
    struct table *table = *state;
    struct err err = {0};
    size_t taken;
    greet(table);
    for (uint32_t i = 0; i < 16; i++) {
        assert_true(sftp_ready(table->sftp));
        buf_put_text(begin(table, SFTP_STAT, i), "/");
        assert_true(give(table));
    }
    assert_false(sftp_ready(table->sftp));
    assert_true(sftp_input(table->sftp, buf_view(&table->request), &taken, &err));
    assert_int_equal(taken, 0);
    struct tree_stat question;
    take(table, &tree_stat_schema, &question);
    answer_status(table, question.id, TREE_NO_SUCH);
    assert_true(sftp_ready(table->sftp));
}

static void sftp_client_that_does_not_read_is_not_heard(void **state)
{
    struct table *table = *state;
    greet(table);
    assert_int_equal(ftruncate(table->file, 100 * 1024 * 1024), 0);
    open_file(table, TREE_READ);
    unsigned taken = 0;
    for (; sftp_ready(table->sftp); taken++) {
        read_at(table, 0, UINT32_MAX);
        assert_true(taken < 100);
    }
    assert_int_equal(taken, 1); /* of 255 KiB */
    assert_int_equal(buf_size(sftp_output(table->sftp)),
                     SFTP_READ_MAX + SFTP_DATA_HEADER);
}

/* ---- files ----------------------------------------------------------------------------- */

static void sftp_write_and_close_reach_file_and_registry(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_WRITE | TREE_CREATE | TREE_TRUNCATE);
    write_at(table, 5, "world");
    expect_status(table, 60, SFTP_OK);
    write_at(table, 0, "hello");
    expect_status(table, 60, SFTP_OK);
    assert_file(table, "helloworld");
    on_handle(table, SFTP_CLOSE, 70);
    assert_true(give(table));
    expect_nothing(table); /* the answer waits for the verdict */
    struct tree_close question;
    take(table, &tree_close_schema, &question);
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    on_handle(table, SFTP_CLOSE, 71);
    assert_true(give(table));
    expect_status(table, 71, SFTP_FAILURE); /* twice */
    answer_status(table, question.id, TREE_OK);
    expect_status(table, 70, SFTP_OK);
    assert_true(sftp_settled(table->sftp));
}

static void sftp_append_ignores_offsets(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_APPEND); /* alone, as some clients send it */
    write_at(table, 0, "one");
    write_at(table, 0, "two");
    assert_file(table, "onetwo");
}

static void sftp_write_past_the_limit_is_refused_and_not_published(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_WRITE | TREE_CREATE);
    write_at(table, FILE_LIMIT - 2, "abc");
    struct bytes text = expect_status(table, 60, SFTP_FAILURE);
    assert_true(text.size > 11);
    assert_memory_equal(&text.at[text.size - 11], "[TOO_LARGE]", 11);
    assert_file(table, "");
    on_handle(table, SFTP_CLOSE, 70);
    assert_true(give(table));
    expect_status(table, 70, SFTP_FAILURE);
    expect_no_question(table);
}

/* A new version of what the client did not truncate: it must send all of it. */
static void sftp_write_that_leaves_a_hole_is_refused_where_the_registry_says(void **state)
{
    struct table *table = *state;
    greet(table);
    struct tree_opened opened = {.id = ask_open(table, 50, TREE_WRITE | TREE_CREATE),
                                 .handle = REGISTRY_HANDLE,
                                 .limit = FILE_LIMIT,
                                 .whole = 1};
    assert_true(answer(table, &tree_opened_schema, &opened, &table->file));
    take_handle(table, 50);
    write_at(table, 0, "abc");
    expect_status(table, 60, SFTP_OK);
    write_at(table, 3, "def");
    expect_status(table, 60, SFTP_OK);
    write_at(table, 7, "h");
    expect_status(table, 60, SFTP_FAILURE);
    assert_file(table, "abcdef");
    on_handle(table, SFTP_CLOSE, 70);
    assert_true(give(table));
    expect_status(table, 70, SFTP_FAILURE);
    expect_no_question(table);
}

static void sftp_offsets_that_overflow_are_refused(void **state)
{
    struct table *table = *state;
    static const uint64_t offsets[] = {INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX,
                                       UINT64_MAX - 2, INT64_MAX - 2};
    greet(table);
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        open_file(table, TREE_WRITE);
        write_at(table, offsets[i], "abc");
        expect_status(table, 60, SFTP_FAILURE);
        on_handle(table, SFTP_CLOSE, 70);
        assert_true(give(table));
        expect_status(table, 70, SFTP_FAILURE);
        open_file(table, TREE_READ);
        read_at(table, offsets[i], 3);
        expect_status(table, 61, SFTP_FAILURE);
        sftp_reset(table->sftp);
        greet(table);
        struct tree_close question;
        take(table, &tree_close_schema, &question);
    }
    assert_file(table, "");
}

static void sftp_reading_what_is_written_is_refused_and_the_reverse(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_READ | TREE_WRITE);
    read_at(table, 0, 10);
    expect_status(table, 61, SFTP_PERMISSION_DENIED);
    open_file(table, TREE_READ);
    write_at(table, 0, "x");
    expect_status(table, 60, SFTP_PERMISSION_DENIED);
    open_folder(table);
    read_at(table, 0, 10);
    expect_status(table, 61, SFTP_FAILURE);
    write_at(table, 0, "x");
    expect_status(table, 60, SFTP_FAILURE);
    assert_file(table, "");
}

static void sftp_read_at_the_end_is_eof(void **state)
{
    struct table *table = *state;
    greet(table);
    assert_int_equal(pwrite(table->file, "abc", 3, 0), 3);
    open_file(table, TREE_READ);
    read_at(table, 3, 10);
    expect_status(table, 61, SFTP_EOF);
    read_at(table, 1, 10);
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 103);
    reader_u32(&packet);
    assert_true(bytes_equal(reader_string(&packet), bytes_of_text("bc")));
}

static void sftp_fstat_and_fsetstat_of_an_upload_are_its_own(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_WRITE | TREE_CREATE);
    write_at(table, 0, "hello");
    expect_status(table, 60, SFTP_OK);
    on_handle(table, SFTP_FSETSTAT, 1);
    buf_put_u32(&table->request, SFTP_ATTR_SIZE);
    buf_put_u64(&table->request, 2);
    assert_true(give(table));
    expect_status(table, 1, SFTP_OK);
    expect_no_question(table);
    on_handle(table, SFTP_FSETSTAT, 2);
    buf_put_u32(&table->request, SFTP_ATTR_SIZE);
    buf_put_u64(&table->request, FILE_LIMIT + 1);
    assert_true(give(table));
    expect_status(table, 2, SFTP_FAILURE);
    on_handle(table, SFTP_FSTAT, 3);
    assert_true(give(table));
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 105);
    reader_take(&packet, 8);
    assert_int_equal(reader_u64(&packet), 2);
    assert_int_equal(reader_u32(&packet), S_IFREG | 0640);
}

static void sftp_fsetstat_of_times_goes_to_the_registry(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_WRITE | TREE_CREATE);
    on_handle(table, SFTP_FSETSTAT, 1);
    buf_put_u32(&table->request, SFTP_ATTR_PERMISSIONS | SFTP_ATTR_TIMES);
    buf_put_u32(&table->request, 0666);
    buf_put_u32(&table->request, 11);
    buf_put_u32(&table->request, 22);
    assert_true(give(table));
    struct tree_set question;
    take(table, &tree_set_schema, &question);
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    assert_int_equal(question.which, TREE_SET_MODIFIED | TREE_SET_OTHER);
    assert_int_equal(question.modified, 22);
    answer_status(table, question.id, TREE_OK);
    expect_status(table, 1, SFTP_OK);
}

/* ---- handles and folders --------------------------------------------------------------- */

static void sftp_handles_are_counted_when_they_are_asked_for(void **state)
{
    struct table *table = *state;
    uint32_t waiting = 0;
    greet(table);
    for (uint32_t i = 0; i < HANDLES; i++) {
        waiting = ask_open(table, i, TREE_READ);
    }
    struct buf *request = begin(table, SFTP_OPENDIR, 9);
    buf_put_text(request, "/");
    assert_true(give(table));
    expect_status(table, 9, SFTP_FAILURE);
    answer_status(table, waiting, TREE_NO_SUCH);
    expect_status(table, HANDLES - 1, SFTP_NO_SUCH_FILE);
    open_folder(table);
}

static void sftp_readdir_pages_until_eof(void **state)
{
    struct table *table = *state;
    struct tree_read_folder question;
    greet(table);
    open_folder(table);
    struct buf entries;
    buf_init(&entries, 1024);
    buf_put_text(&entries, "LEEME.txt");
    buf_put_u8(&entries, TREE_FILE);
    buf_put_u32(&entries, 0440);
    buf_put_u64(&entries, 9);
    buf_put_u64(&entries, 0);
    on_handle(table, SFTP_READDIR, 1);
    assert_true(give(table));
    take(table, &tree_read_folder_schema, &question);
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    struct tree_entries page = {
        .id = question.id, .count = 1, .entries = buf_view(&entries)};
    assert_true(answer(table, &tree_entries_schema, &page, NULL));
    struct reader packet = next(table);
    assert_int_equal(reader_u8(&packet), 104);
    buf_done(&entries);
    on_handle(table, SFTP_READDIR, 2);
    assert_true(give(table));
    take(table, &tree_read_folder_schema, &question);
    page = (struct tree_entries){.id = question.id};
    assert_true(answer(table, &tree_entries_schema, &page, NULL));
    expect_status(table, 2, SFTP_EOF);
}

static void sftp_readdir_of_a_file_is_refused(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_READ);
    on_handle(table, SFTP_READDIR, 1);
    assert_true(give(table));
    expect_status(table, 1, SFTP_FAILURE);
}

/* ---- the end of a channel -------------------------------------------------------------- */

static void sftp_reset_closes_what_was_read_and_leaves_what_was_written(void **state)
{
    struct table *table = *state;
    greet(table);
    open_file(table, TREE_WRITE | TREE_CREATE);
    expect_no_question(table);
    sftp_reset(table->sftp);
    expect_no_question(table); /* an unfinished upload is nobody's CLOSE */
    greet(table);
    open_folder(table);
    sftp_reset(table->sftp);
    struct tree_close question;
    take(table, &tree_close_schema, &question);
    assert_int_equal(question.id, 0);
    answer_status(table, 0, TREE_OK);
    expect_nothing(table);
}

static void sftp_reset_drops_answers_that_come_later(void **state)
{
    struct table *table = *state;
    greet(table);
    uint32_t waiting = ask_open(table, 1, TREE_READ);
    sftp_reset(table->sftp);
    struct tree_opened opened = {.id = waiting, .handle = REGISTRY_HANDLE};
    assert_true(answer(table, &tree_opened_schema, &opened, &table->file));
    expect_nothing(table);
    struct tree_close question;
    take(table, &tree_close_schema, &question); /* nobody will read it */
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    greet(table);
    for (uint32_t i = 0; i < HANDLES; i++) {
        open_file(table, TREE_READ);
    }
}

static void sftp_long_paths_are_refused_here(void **state)
{
    struct table *table = *state;
    char path[SFTP_NAME_MAX + 2];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    greet(table);
    buf_put_text(begin(table, SFTP_STAT, 1), path);
    assert_true(give(table));
    expect_status(table, 1, SFTP_FAILURE);
    buf_put_text(begin(table, SFTP_STAT, 2), &path[1]);
    assert_true(give(table));
    struct tree_stat question;
    take(table, &tree_stat_schema, &question);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sftp_request_before_init_ends_the_conversation),
        TEST(sftp_second_init_ends_the_conversation),
        TEST(sftp_init_of_another_version_gets_three),
        TEST(sftp_unknown_requests_are_refused_and_it_goes_on),
        TEST(sftp_outcomes_become_statuses),
        TEST(sftp_answers_may_come_in_any_order),
        TEST(sftp_answer_to_no_question_ends_the_session),
        TEST(sftp_answer_of_another_kind_ends_the_session),
        TEST(sftp_sixteen_questions_wait_at_most),
        TEST(sftp_questions_that_come_too_fast_wait),
        TEST(sftp_client_that_does_not_read_is_not_heard),
        TEST(sftp_write_and_close_reach_file_and_registry),
        TEST(sftp_append_ignores_offsets),
        TEST(sftp_write_past_the_limit_is_refused_and_not_published),
        TEST(sftp_write_that_leaves_a_hole_is_refused_where_the_registry_says),
        TEST(sftp_offsets_that_overflow_are_refused),
        TEST(sftp_reading_what_is_written_is_refused_and_the_reverse),
        TEST(sftp_read_at_the_end_is_eof),
        TEST(sftp_fstat_and_fsetstat_of_an_upload_are_its_own),
        TEST(sftp_fsetstat_of_times_goes_to_the_registry),
        TEST(sftp_handles_are_counted_when_they_are_asked_for),
        TEST(sftp_readdir_pages_until_eof),
        TEST(sftp_readdir_of_a_file_is_refused),
        TEST(sftp_reset_closes_what_was_read_and_leaves_what_was_written),
        TEST(sftp_reset_drops_answers_that_come_later),
        TEST(sftp_long_paths_are_refused_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
