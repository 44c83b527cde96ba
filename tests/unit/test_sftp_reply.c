/*
 * The bytes of answers, and the lines that clients parse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/reader.h"
#include "ssh/sftp_reply.h"
#include "wire/tree.h"

enum { CEILING = 512 * 1024, NOVEMBER = 1795359600 /* 2026-11-22 15:00:00 UTC */ };

static void assert_packet(struct buf *out, const char *expected, size_t size)
{
    struct bytes view = buf_view(out);
    assert_int_equal(view.size, size);
    assert_memory_equal(view.at, expected, size);
    buf_done(out);
}

#define ASSERT_PACKET(out, literal) assert_packet(out, literal, sizeof(literal) - 1)

static void sftp_reply_status_carries_sentence_and_code(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CEILING);
    sftp_reply_status(&out, 9, SFTP_FAILURE, "No.", "TOO_LARGE");
    ASSERT_PACKET(&out,
                  "\0\0\0\x20\x65\0\0\0\x9\0\0\0\4\0\0\0\xfNo. [TOO_LARGE]\0\0\0\0");
}

static void sftp_reply_status_without_a_code_has_no_brackets(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CEILING);
    sftp_reply_status(&out, 9, SFTP_OK, "OK", "");
    ASSERT_PACKET(&out, "\0\0\0\x13\x65\0\0\0\x9\0\0\0\0\0\0\0\2OK\0\0\0\0");
}

static void sftp_reply_limits_are_those_that_the_parser_keeps(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CEILING);
    sftp_reply_limits(&out, 1, 64);
    ASSERT_PACKET(&out, "\0\0\0\x25\xc9\0\0\0\1\0\0\0\0\0\4\0\0\0\0\0\0\0\3\xfc\0"
                        "\0\0\0\0\0\3\xfc\0\0\0\0\0\0\0\0\x40");
}

static void sftp_reply_path_is_one_name_without_attributes(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CEILING);
    sftp_reply_path(&out, 1, "/");
    ASSERT_PACKET(&out, "\0\0\0\x17\x68\0\0\0\1\0\0\0\1\0\0\0\1/\0\0\0\1/\0\0\0\0");
}

static int file_with(const char *content)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    return fd;
}

static void sftp_reply_data_is_what_the_file_has_there(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = file_with("hello world");
    struct buf out;
    buf_init(&out, CEILING);
    assert_int_equal(sftp_reply_data(&out, 1, fd, 6, 100), 5);
    ASSERT_PACKET(&out, "\0\0\0\xe\x67\0\0\0\1\0\0\0\5world");
}

static void sftp_reply_data_at_the_end_puts_nothing(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = file_with("hello");
    struct buf out;
    buf_init(&out, CEILING);
    buf_put_u8(&out, 1);
    assert_int_equal(sftp_reply_data(&out, 1, fd, 5, 100), 0);
    assert_int_equal(sftp_reply_data(&out, 1, -1, 5, 100), -1);
    assert_int_equal(buf_size(&out), 1);
    buf_done(&out);
}

/* Behind bytes that are there already, across the growth of the queue. */
static void sftp_reply_data_follows_what_was_queued(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = file_with("abcdefgh");
    struct buf out;
    buf_init(&out, CEILING);
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(sftp_reply_data(&out, 1, fd, i, SFTP_READ_MAX / 8), 8 - i);
    }
    struct reader reader = reader_of(buf_view(&out));
    for (size_t i = 0; i < 8; i++) {
        struct reader packet = reader_of(reader_string(&reader));
        reader_take(&packet, 5);
        struct bytes data = reader_string(&packet);
        assert_true(bytes_equal(data, bytes_of_text(&"abcdefgh"[i])));
    }
    assert_true(reader_finished(&reader));
    buf_done(&out);
}

static void sftp_reply_data_above_the_ceiling_fails_the_queue(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = file_with("abc");
    struct buf out;
    buf_init(&out, 64);
    assert_int_equal(sftp_reply_data(&out, 1, fd, 0, 1000), -1);
    assert_true(out.failed);
    buf_done(&out);
}

static void sftp_longname_reads_like_ls(void **state)
{
    (void)state;
    static const struct {
        struct sftp_attributes attributes;
        const char *expected;
        const char *why;
    } rows[] = {
        {{.permissions = S_IFREG | 0640, .size = 17, .modified = NOVEMBER},
         "-rw-r-----    1 garita   garita           17 Nov 22 15:00 ",
         "a file of now"},
        {{.permissions = S_IFDIR | 0755, .size = 0, .modified = NOVEMBER - 86400 * 200},
         "drwxr-xr-x    1 garita   garita            0 May  6  2026 ",
         "a folder of half a year ago"},
        {{.permissions = S_IFREG | 0444, .size = 123456789012, .modified = 0},
         "-r--r--r--    1 garita   garita   123456789012 Jan  1  1970 ",
         "a large one without a time"},
        {{.permissions = S_IFREG | 0600, .size = 1, .modified = UINT32_MAX},
         "-rw-------    1 garita   garita            1 Feb  7  2106 ",
         "one of the future"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[SFTP_LONGNAME_MAX];
        assert_string_equal(sftp_longname(text, &rows[i].attributes, NOVEMBER),
                            rows[i].expected);
    }
}

static void sftp_seconds_are_kept_in_range(void **state)
{
    (void)state;
    assert_int_equal(sftp_seconds(-1), 0);
    assert_int_equal(sftp_seconds(7), 7);
    assert_int_equal(sftp_seconds(INT64_MAX), UINT32_MAX);
}

static void put_entry(struct buf *entries, const char *name)
{
    buf_put_text(entries, name);
    buf_put_u8(entries, TREE_FOLDER);
    buf_put_u32(entries, 0750);
    buf_put_u64(entries, 0);
    buf_put_u64(entries, NOVEMBER);
}

static void sftp_reply_names_gives_each_entry_three_ways(void **state)
{
    (void)state;
    struct buf entries, out;
    buf_init(&entries, CEILING);
    buf_init(&out, CEILING);
    put_entry(&entries, "entrada");
    put_entry(&entries, "acuses");
    assert_true(sftp_reply_names(&out, 3, 2, buf_view(&entries)));
    struct reader packet = reader_of(buf_view(&out));
    assert_int_equal(reader_u32(&packet), buf_size(&out) - 4);
    assert_int_equal(reader_u8(&packet), 104);
    assert_int_equal(reader_u32(&packet), 3);
    assert_int_equal(reader_u32(&packet), 2);
    assert_true(bytes_equal(reader_string(&packet), bytes_of_text("entrada")));
    struct bytes longname = reader_string(&packet);
    assert_memory_equal(longname.at, "drwxr-x---", 10);
    assert_memory_equal(&longname.at[longname.size - 8], " entrada", 8);
    assert_int_equal(reader_u32(&packet), 0x0d);
    assert_int_equal(reader_u64(&packet), 0);
    assert_int_equal(reader_u32(&packet), S_IFDIR | 0750);
    reader_take(&packet, 8);
    assert_true(bytes_equal(reader_string(&packet), bytes_of_text("acuses")));
    buf_done(&entries);
    buf_done(&out);
}

static void sftp_reply_names_refuses_entries_that_are_not_as_many_as_said(void **state)
{
    (void)state;
    struct buf entries, out;
    buf_init(&entries, CEILING);
    buf_init(&out, CEILING);
    put_entry(&entries, "a");
    assert_false(sftp_reply_names(&out, 3, 2, buf_view(&entries)));
    buf_put_u8(&entries, 0);
    assert_false(sftp_reply_names(&out, 3, 1, buf_view(&entries)));
    buf_done(&entries);
    buf_done(&out);
}

/* The bound by which sftp.c keeps room for an answer. */
static void sftp_reply_names_of_the_fullest_message_fit_their_bound(void **state)
{
    (void)state;
    struct buf entries, out;
    buf_init(&entries, CHANNEL_MESSAGE_MAX);
    buf_init(&out, SFTP_NAMES_MAX);
    uint32_t count = 0;
    for (; buf_room(&entries) >= 26; count++) {
        put_entry(&entries, "a");
    }
    assert_true(count > 1000);
    assert_true(sftp_reply_names(&out, 3, count, buf_view(&entries)));
    assert_false(out.failed);
    buf_done(&entries);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sftp_reply_status_carries_sentence_and_code),
        cmocka_unit_test(sftp_reply_status_without_a_code_has_no_brackets),
        cmocka_unit_test(sftp_reply_limits_are_those_that_the_parser_keeps),
        cmocka_unit_test(sftp_reply_path_is_one_name_without_attributes),
        cmocka_unit_test(sftp_reply_data_is_what_the_file_has_there),
        cmocka_unit_test(sftp_reply_data_at_the_end_puts_nothing),
        cmocka_unit_test(sftp_reply_data_follows_what_was_queued),
        cmocka_unit_test(sftp_reply_data_above_the_ceiling_fails_the_queue),
        cmocka_unit_test(sftp_longname_reads_like_ls),
        cmocka_unit_test(sftp_seconds_are_kept_in_range),
        cmocka_unit_test(sftp_reply_names_gives_each_entry_three_ways),
        cmocka_unit_test(sftp_reply_names_refuses_entries_that_are_not_as_many_as_said),
        cmocka_unit_test(sftp_reply_names_of_the_fullest_message_fit_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
