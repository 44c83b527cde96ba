/*
 * The extended requests, byte by byte: the test is client and registry at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/sha.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/reader.h"
#include "ssh/sftp.h"
#include "ssh/sftp_reply.h"
#include "wire/tree.h"

enum { STATUS = 101, HANDLE = 102, NAME = 104, EXTENDED_REPLY = 201, HASH = 32 };
enum { ID = 50, CHECK_ID = 60, REGISTRY_HANDLE = 77 };

struct table {
    int registry, session;
    struct sftp *sftp;
    struct buf request;
    struct channel_message asked;
    int file;
    uint8_t *content;
    size_t size;
    uint8_t handle[8];
};

/* ---- the client ------------------------------------------------------------------------ */

static struct buf *begin(struct table *table, unsigned type, uint32_t id)
{
    buf_clear(&table->request);
    buf_put_u32(&table->request, 0);
    buf_put_u8(&table->request, (uint8_t)type);
    buf_put_u32(&table->request, id);
    return &table->request;
}

static struct buf *begin_extended(struct table *table, uint32_t id, const char *name)
{
    struct buf *request = begin(table, SFTP_EXTENDED, id);
    buf_put_text(request, name);
    return request;
}

static void give(struct table *table)
{
    struct err err = {0};
    size_t taken = 0;
    buf_patch_u32(&table->request, 0, (uint32_t)buf_size(&table->request) - 4);
    if (!sftp_input(table->sftp, buf_view(&table->request), &taken, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(taken, buf_size(&table->request));
}

static struct reader next(struct table *table, unsigned type, uint32_t id)
{
    struct buf *output = sftp_output(table->sftp);
    struct reader reader = reader_of(buf_view(output));
    struct reader packet = reader_of(reader_string(&reader));
    assert_false(reader.failed);
    buf_consume(output, packet.rest.size + 4); /* what was viewed stays where it is */
    assert_int_equal(reader_u8(&packet), type);
    if (id != 0) {
        assert_int_equal(reader_u32(&packet), id);
    }
    return packet;
}

static void expect_status(struct table *table, uint32_t id, enum sftp_status status)
{
    struct reader packet = next(table, STATUS, id);
    assert_int_equal(reader_u32(&packet), status);
}

static void expect_nothing(struct table *table)
{
    assert_int_equal(buf_size(sftp_output(table->sftp)), 0);
}

/* ---- the registry ---------------------------------------------------------------------- */

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

static void answer(struct table *table, const struct wire_schema *schema,
                   const void *message, const int *fds)
{
    struct err err = {0};
    assert_int_equal(wire_send(table->registry, schema, message, fds, &err), CHANNEL_OK);
    if (!sftp_answers(table->sftp, &err)) {
        fail_msg("%s", err.text);
    }
}

static void assert_text(struct bytes bytes, const char *text)
{
    assert_int_equal(bytes.size, strlen(text));
    assert_memory_equal(bytes.at, text, bytes.size);
}

static void open_file(struct table *table, uint32_t flags)
{
    struct buf *request = begin(table, SFTP_OPEN, ID);
    buf_put_text(request, "/a");
    buf_put_u32(request, flags);
    buf_put_u32(request, 0);
    give(table);
    struct tree_open question;
    take(table, &tree_open_schema, &question);
    struct tree_opened opened = {.id = question.id,
                                 .handle = REGISTRY_HANDLE,
                                 .size = table->size,
                                 .limit = UINT32_MAX};
    answer(table, &tree_opened_schema, &opened, &table->file);
    struct reader packet = next(table, HANDLE, ID);
    struct bytes handle = reader_string(&packet);
    assert_int_equal(handle.size, sizeof table->handle);
    memcpy(table->handle, handle.at, handle.size);
}

/* A file of this many bytes that are not all the same. */
static void fill_file(struct table *table, size_t size)
{
    table->content = malloc(size + 1);
    assert_non_null(table->content);
    for (size_t i = 0; i < size; i++) {
        table->content[i] = (uint8_t)(i * 31 + i / 256);
    }
    table->size = size;
    assert_int_equal(write(table->file, table->content, size), (ssize_t)size);
}

static int set_up(void **state)
{
    struct table *table = calloc(1, sizeof *table);
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    table->registry = ends[0];
    table->session = ends[1];
    table->sftp = sftp_new(table->session, 4);
    table->file = memfd_create("file", MFD_CLOEXEC);
    buf_init(&table->request, 1024 * 1024);
    begin(table, SFTP_INIT, 3);
    give(table);
    buf_clear(sftp_output(table->sftp));
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
    free(table->content);
    free(table);
    return 0;
}

/* ---- what is told of them -------------------------------------------------------------- */

static void sftp_version_tells_of_what_is_served_and_of_nothing_else(void **state)
{
    (void)state;
    static const char *const expected[][2] = {{"posix-rename@openssh.com", "1"},
                                              {"statvfs@openssh.com", "2"},
                                              {"fstatvfs@openssh.com", "2"},
                                              {"fsync@openssh.com", "1"},
                                              {"lsetstat@openssh.com", "1"},
                                              {"limits@openssh.com", "1"},
                                              {"expand-path@openssh.com", "1"},
                                              {"home-directory", "1"},
                                              {"users-groups-by-id@openssh.com", "1"},
                                              {"check-file", "1"},
                                              {"check-file-name", "1"},
                                              {"check-file-handle", "1"}};
    struct buf out;
    buf_init(&out, 4096);
    sftp_reply_version(&out);
    struct reader whole = reader_of(buf_view(&out));
    struct reader packet = reader_of(reader_string(&whole));
    assert_true(reader_finished(&whole));
    assert_int_equal(reader_u8(&packet), 2);
    assert_int_equal(reader_u32(&packet), 3);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_text(reader_string(&packet), expected[i][0]);
        assert_text(reader_string(&packet), expected[i][1]);
    }
    assert_true(reader_finished(&packet));
    buf_done(&out);
}

static void sftp_requests_that_are_not_served_are_unsupported(void **state)
{
    struct table *table = *state;
    static const char *const names[] = {"hardlink@openssh.com", "copy-data",
                                        "posix-rename@openssh.co", "space-available", ""};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf *request = begin_extended(table, 9, names[i]);
        buf_put_text(request, "/a");
        buf_put_text(request, "/b");
        give(table);
        expect_status(table, 9, SFTP_OP_UNSUPPORTED);
    }
    static const unsigned types[] = {SFTP_SYMLINK, SFTP_READLINK};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct buf *request = begin(table, types[i], 9);
        buf_put_text(request, "/a");
        buf_put_text(request, "/b");
        give(table);
        expect_status(table, 9, SFTP_OP_UNSUPPORTED);
    }
    expect_no_question(table);
}

static void sftp_extended_requests_that_are_too_short_are_bad_messages(void **state)
{
    struct table *table = *state;
    const char *version;
    const char *name;
    for (size_t i = 0; (name = sftp_extension(i, &version)); i++) {
        begin_extended(table, 9, name);
        if (strcmp(name, "limits@openssh.com") != 0) {
            give(table);
            expect_status(table, 9, SFTP_BAD_MESSAGE);
        }
    }
    expect_no_question(table);
}

/* ---- statvfs --------------------------------------------------------------------------- */

static void answer_space(struct table *table, uint32_t id)
{
    struct tree_space_answer space = {.id = id,
                                      .bytes_total = 10 * 4096 + 4095,
                                      .bytes_free = 3 * 4096,
                                      .files_total = 100,
                                      .files_free = 7};
    answer(table, &tree_space_answer_schema, &space, NULL);
}

static void expect_space(struct table *table)
{
    static const uint64_t expected[] = {4096, 4096, 10, 3, 3, 100, 7, 7, 0, 2, 255};
    struct reader packet = next(table, EXTENDED_REPLY, ID);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(reader_u64(&packet), expected[i]);
    }
    assert_true(reader_finished(&packet));
}

static void sftp_statvfs_is_the_space_of_the_account(void **state)
{
    struct table *table = *state;
    struct tree_space question;
    buf_put_text(begin_extended(table, ID, "statvfs@openssh.com"), "/entrada");
    give(table);
    take(table, &tree_space_schema, &question);
    assert_text(question.path, "/entrada");
    answer_space(table, question.id);
    expect_space(table);
}

static void sftp_statvfs_of_nothing_is_no_such_file(void **state)
{
    struct table *table = *state;
    struct tree_space question;
    buf_put_text(begin_extended(table, ID, "statvfs@openssh.com"), "/nada");
    give(table);
    take(table, &tree_space_schema, &question);
    struct tree_status status = {.id = question.id, .outcome = TREE_NO_SUCH};
    answer(table, &tree_status_schema, &status, NULL);
    expect_status(table, ID, SFTP_NO_SUCH_FILE);
}

static void sftp_fstatvfs_is_the_same_for_every_handle(void **state)
{
    struct table *table = *state;
    struct tree_space question;
    open_file(table, TREE_READ);
    buf_put_string(begin_extended(table, ID, "fstatvfs@openssh.com"), table->handle, 8);
    give(table);
    take(table, &tree_space_schema, &question);
    assert_text(question.path, "/");
    answer_space(table, question.id);
    expect_space(table);
    buf_put_text(begin_extended(table, ID, "fstatvfs@openssh.com"), "nonsense");
    give(table);
    expect_status(table, ID, SFTP_FAILURE);
    expect_no_question(table);
}

/* ---- paths and names ------------------------------------------------------------------- */

static void sftp_expand_path_knows_one_home(void **state)
{
    struct table *table = *state;
    static const struct {
        const char *path, *asked;
    } rows[] = {
        {"~", "/"},       {"~/", "/"},    {"~/x/y", "/x/y"},        {"~otro", "~otro"},
        {"~~/x", "~~/x"}, {"x/~", "x/~"}, {"/entrada", "/entrada"}, {"", ""},
        {"~//x", "//x"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct tree_realpath question;
        buf_put_text(begin_extended(table, ID, "expand-path@openssh.com"), rows[i].path);
        give(table);
        take(table, &tree_realpath_schema, &question);
        assert_text(question.path, rows[i].asked);
        struct tree_path path = {.id = question.id, .path = "/found"};
        answer(table, &tree_path_schema, &path, NULL);
        struct reader packet = next(table, NAME, ID);
        assert_int_equal(reader_u32(&packet), 1);
        assert_text(reader_string(&packet), "/found");
    }
}

static void sftp_home_directory_is_the_top_for_everybody(void **state)
{
    struct table *table = *state;
    static const char *const users[] = {"", "laredo", "root", "../x"};
    for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
        buf_put_text(begin_extended(table, ID, "home-directory"), users[i]);
        give(table);
        struct reader packet = next(table, NAME, ID);
        assert_int_equal(reader_u32(&packet), 1);
        assert_text(reader_string(&packet), "/");
    }
    expect_no_question(table);
}

static void put_ids(struct table *table, const uint32_t *ids, size_t count)
{
    buf_put_u32(&table->request, (uint32_t)(count * 4));
    for (size_t i = 0; i < count; i++) {
        buf_put_u32(&table->request, ids[i]);
    }
}

static void sftp_users_and_groups_have_invented_names(void **state)
{
    struct table *table = *state;
    begin_extended(table, ID, "users-groups-by-id@openssh.com");
    put_ids(table, (const uint32_t[]){0, 1000, 0}, 3);
    put_ids(table, (const uint32_t[]){UINT32_MAX, 0}, 2);
    give(table);
    struct reader packet = next(table, EXTENDED_REPLY, ID);
    struct reader users = reader_of(reader_string(&packet));
    struct reader groups = reader_of(reader_string(&packet));
    assert_true(reader_finished(&packet));
    assert_text(reader_string(&users), "garita");
    assert_text(reader_string(&users), "");
    assert_text(reader_string(&users), "garita");
    assert_true(reader_finished(&users));
    assert_text(reader_string(&groups), "");
    assert_text(reader_string(&groups), "garita");
    assert_true(reader_finished(&groups));
}

static void sftp_users_and_groups_that_are_no_ids_or_too_many_are_refused(void **state)
{
    struct table *table = *state;
    static uint32_t many[4097];
    buf_put_text(begin_extended(table, ID, "users-groups-by-id@openssh.com"), "abcde");
    put_ids(table, many, 1);
    give(table);
    expect_status(table, ID, SFTP_BAD_MESSAGE);
    for (size_t count = 4096; count <= 4097; count++) {
        begin_extended(table, ID, "users-groups-by-id@openssh.com");
        put_ids(table, many, 0);
        put_ids(table, many, count);
        give(table);
        if (count == 4096) {
            next(table, EXTENDED_REPLY, ID);
        }
    }
    expect_status(table, ID, SFTP_BAD_MESSAGE);
}

static void sftp_lsetstat_is_setstat(void **state)
{
    struct table *table = *state;
    struct buf *request = begin_extended(table, ID, "lsetstat@openssh.com");
    buf_put_text(request, "/a");
    buf_put_u32(request, SFTP_ATTR_TIMES);
    buf_put_u32(request, 1);
    buf_put_u32(request, 1700000000);
    give(table);
    struct tree_set question;
    take(table, &tree_set_schema, &question);
    assert_text(question.path, "/a");
    assert_int_equal(question.which, TREE_SET_MODIFIED);
    assert_int_equal(question.modified, 1700000000);
    struct tree_status status = {.id = question.id, .outcome = TREE_OK};
    answer(table, &tree_status_schema, &status, NULL);
    expect_status(table, ID, SFTP_OK);
}

/* ---- check-file ------------------------------------------------------------------------ */

struct part {
    uint64_t offset, size;
    uint32_t block;
};

static void ask_check(struct table *table, const char *hashes, struct part part)
{
    struct buf *request = begin_extended(table, CHECK_ID, "check-file-handle");
    buf_put_string(request, table->handle, sizeof table->handle);
    buf_put_text(request, hashes);
    buf_put_u64(request, part.offset);
    buf_put_u64(request, part.size);
    buf_put_u32(request, part.block);
    give(table);
}

static void work(struct table *table)
{
    while (sftp_busy(table->sftp)) {
        sftp_work(table->sftp);
    }
}

/* The answer: the hashes of the file's bytes from offset until end, by blocks. */
static void expect_hashes(struct table *table, size_t offset, size_t end, size_t block)
{
    struct reader packet = next(table, EXTENDED_REPLY, CHECK_ID);
    assert_text(reader_string(&packet), "sha256");
    do {
        size_t size = block > 0 && end - offset > block ? block : end - offset;
        uint8_t hash[HASH];
        SHA256(&table->content[offset], size, hash);
        struct bytes got = reader_take(&packet, HASH);
        assert_false(packet.failed);
        assert_memory_equal(got.at, hash, HASH);
        offset += size;
    } while (offset < end);
    assert_true(reader_finished(&packet));
}

static void sftp_check_handle_hashes_what_was_asked_for(void **state)
{
    struct table *table = *state;
    static const struct {
        struct part part;
        size_t offset, end;
        const char *why;
    } rows[] = {{{0, 0, 0}, 0, 100000, "the whole file"},
                {{0, 100000, 0}, 0, 100000, "exactly its size"},
                {{0, UINT64_MAX, 0}, 0, 100000, "more than there is"},
                {{10, 20, 0}, 10, 30, "a part"},
                {{99999, 0, 0}, 99999, 100000, "the last byte"},
                {{100000, 0, 0}, 100000, 100000, "no byte"},
                {{0, 0, 256}, 0, 100000, "small blocks, the last one shorter"},
                {{0, 0, 50000}, 0, 100000, "blocks that fit"},
                {{5, 1000, 999}, 5, 1005, "blocks of a part"},
                {{0, 0, UINT32_MAX}, 0, 100000, "a block larger than the file"}};
    fill_file(table, 100000);
    open_file(table, TREE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ask_check(table, "sha256", rows[i].part);
        work(table);
        expect_hashes(table, rows[i].offset, rows[i].end, rows[i].part.block);
    }
    expect_no_question(table);
}

static void sftp_check_of_an_empty_file_is_the_hash_of_nothing(void **state)
{
    struct table *table = *state;
    fill_file(table, 0);
    open_file(table, TREE_READ);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    work(table);
    expect_hashes(table, 0, 0, 0);
}

static void sftp_check_takes_sha256_wherever_it_stands_in_the_list(void **state)
{
    struct table *table = *state;
    static const struct {
        const char *list;
        bool good;
    } rows[] = {{"sha256", true},
                {"md5,sha1,sha256", true},
                {"sha256,md5", true},
                {",sha256", true},
                {"md5", false},
                {"sha2567", false},
                {"sha256sum,sha", false},
                {"", false},
                {",", false}};
    fill_file(table, 300);
    open_file(table, TREE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ask_check(table, rows[i].list, (struct part){0, 0, 0});
        work(table);
        if (rows[i].good) {
            expect_hashes(table, 0, 300, 0);
        } else {
            expect_status(table, CHECK_ID, SFTP_OP_UNSUPPORTED);
        }
    }
}

static void sftp_check_that_cannot_be_is_refused(void **state)
{
    struct table *table = *state;
    static const struct {
        struct part part;
        const char *why;
    } rows[] = {{{0, 0, 255}, "blocks below the draft's least"},
                {{2000001, 0, 0}, "behind the end"},
                {{UINT64_MAX, 1, 0}, "far behind the end"},
                {{0, 0, 256}, "7813 hashes"}};
    fill_file(table, 2000000);
    open_file(table, TREE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ask_check(table, "sha256", rows[i].part);
        assert_false(sftp_busy(table->sftp));
        expect_status(table, CHECK_ID, SFTP_FAILURE);
    }
    ask_check(table, "sha256", (struct part){0, 4096 * 256, 256});
    work(table);
    expect_hashes(table, 0, 4096 * 256, 256);
}

static void sftp_check_of_what_is_being_written_is_denied(void **state)
{
    struct table *table = *state;
    open_file(table, TREE_WRITE | TREE_CREATE);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    expect_status(table, CHECK_ID, SFTP_PERMISSION_DENIED);
    memset(table->handle, 9, sizeof table->handle);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    expect_status(table, CHECK_ID, SFTP_FAILURE);
}

static void sftp_check_file_of_the_older_draft_names_itself(void **state)
{
    struct table *table = *state;
    fill_file(table, 1000);
    open_file(table, TREE_READ);
    struct buf *request = begin_extended(table, CHECK_ID, "check-file");
    buf_put_string(request, table->handle, sizeof table->handle);
    buf_put_text(request, "sha256");
    buf_put_u64(request, 0);
    buf_put_u64(request, 0);
    buf_put_u32(request, 0);
    give(table);
    work(table);
    struct reader packet = next(table, EXTENDED_REPLY, CHECK_ID);
    assert_text(reader_string(&packet), "check-file");
    assert_text(reader_string(&packet), "sha256");
    assert_int_equal(packet.rest.size, HASH);
}

/* Other requests are answered meanwhile. */
static void sftp_check_of_a_large_file_goes_on_in_slices(void **state)
{
    struct table *table = *state;
    size_t size = 20 * 1024 * 1024 + 1;
    unsigned slices = 0;
    fill_file(table, size);
    open_file(table, TREE_READ);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    for (sftp_work(table->sftp); sftp_busy(table->sftp); sftp_work(table->sftp)) {
        expect_nothing(table);
        assert_true(sftp_ready(table->sftp) && sftp_waiting(table->sftp));
        buf_put_text(begin_extended(table, ID, "home-directory"), "");
        give(table);
        next(table, NAME, ID);
        assert_true(++slices < 100);
    }
    assert_in_range(slices, 3, 8);
    expect_hashes(table, 0, size, 0);
    assert_false(sftp_waiting(table->sftp));
}

static void sftp_check_outlives_the_close_of_its_handle(void **state)
{
    struct table *table = *state;
    fill_file(table, 100000);
    open_file(table, TREE_READ);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    ask_check(table, "sha256", (struct part){7, 0, 0});
    buf_put_string(begin(table, SFTP_CLOSE, ID), table->handle, 8);
    give(table);
    struct tree_close question;
    take(table, &tree_close_schema, &question);
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    work(table);
    expect_hashes(table, 0, 100000, 0);
    expect_hashes(table, 7, 100000, 0);
}

static void sftp_check_of_what_became_shorter_fails(void **state)
{
    struct table *table = *state;
    fill_file(table, 100000);
    open_file(table, TREE_READ);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    assert_int_equal(ftruncate(table->file, 10), 0);
    work(table);
    expect_status(table, CHECK_ID, SFTP_FAILURE);
}

static void sftp_checks_that_wait_are_counted(void **state)
{
    struct table *table = *state;
    fill_file(table, 1000);
    open_file(table, TREE_READ);
    unsigned asked = 0;
    while (sftp_ready(table->sftp)) {
        ask_check(table, "sha256", (struct part){0, 0, 0});
        assert_true(++asked <= 16);
    }
    assert_int_equal(asked, 16);
    work(table);
    assert_true(sftp_ready(table->sftp));
    for (unsigned i = 0; i < asked; i++) {
        expect_hashes(table, 0, 1000, 0);
    }
    expect_nothing(table);
}

static uint32_t ask_check_name(struct table *table)
{
    struct buf *request = begin_extended(table, CHECK_ID, "check-file-name");
    buf_put_text(request, "/a.pdf");
    buf_put_text(request, "sha256");
    buf_put_u64(request, 1);
    buf_put_u64(request, 0);
    buf_put_u32(request, 0);
    give(table);
    struct tree_open question;
    take(table, &tree_open_schema, &question);
    assert_text(question.path, "/a.pdf");
    assert_int_equal(question.intent, TREE_READ);
    return question.id;
}

static void sftp_check_name_opens_reads_and_forgets(void **state)
{
    struct table *table = *state;
    fill_file(table, 1000);
    struct tree_opened opened = {.id = ask_check_name(table), .handle = REGISTRY_HANDLE};
    answer(table, &tree_opened_schema, &opened, &table->file);
    struct tree_close question;
    take(table, &tree_close_schema, &question);
    assert_int_equal(question.id, 0);
    assert_int_equal(question.handle, REGISTRY_HANDLE);
    work(table);
    expect_hashes(table, 1, 1000, 0);
    assert_true(sftp_settled(table->sftp));
}

static void sftp_check_name_that_may_not_be_read_is_refused(void **state)
{
    struct table *table = *state;
    struct tree_status status = {
        .id = ask_check_name(table), .outcome = TREE_DENIED, .text = "No."};
    answer(table, &tree_status_schema, &status, NULL);
    expect_status(table, CHECK_ID, SFTP_PERMISSION_DENIED);
    assert_true(sftp_settled(table->sftp));
}

static void sftp_checks_end_with_their_channel(void **state)
{
    struct table *table = *state;
    fill_file(table, 100000);
    open_file(table, TREE_READ);
    ask_check(table, "sha256", (struct part){0, 0, 0});
    uint32_t late = ask_check_name(table);
    sftp_reset(table->sftp);
    assert_false(sftp_busy(table->sftp));
    struct tree_opened opened = {.id = late, .handle = REGISTRY_HANDLE};
    answer(table, &tree_opened_schema, &opened, &table->file);
    assert_false(sftp_busy(table->sftp));
    expect_nothing(table);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sftp_version_tells_of_what_is_served_and_of_nothing_else),
        TEST(sftp_requests_that_are_not_served_are_unsupported),
        TEST(sftp_extended_requests_that_are_too_short_are_bad_messages),
        TEST(sftp_statvfs_is_the_space_of_the_account),
        TEST(sftp_statvfs_of_nothing_is_no_such_file),
        TEST(sftp_fstatvfs_is_the_same_for_every_handle),
        TEST(sftp_expand_path_knows_one_home),
        TEST(sftp_home_directory_is_the_top_for_everybody),
        TEST(sftp_users_and_groups_have_invented_names),
        TEST(sftp_users_and_groups_that_are_no_ids_or_too_many_are_refused),
        TEST(sftp_lsetstat_is_setstat),
        TEST(sftp_check_handle_hashes_what_was_asked_for),
        TEST(sftp_check_of_an_empty_file_is_the_hash_of_nothing),
        TEST(sftp_check_takes_sha256_wherever_it_stands_in_the_list),
        TEST(sftp_check_that_cannot_be_is_refused),
        TEST(sftp_check_of_what_is_being_written_is_denied),
        TEST(sftp_check_file_of_the_older_draft_names_itself),
        TEST(sftp_check_of_a_large_file_goes_on_in_slices),
        TEST(sftp_check_outlives_the_close_of_its_handle),
        TEST(sftp_check_of_what_became_shorter_fails),
        TEST(sftp_checks_that_wait_are_counted),
        TEST(sftp_check_name_opens_reads_and_forgets),
        TEST(sftp_check_name_that_may_not_be_read_is_refused),
        TEST(sftp_checks_end_with_their_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
