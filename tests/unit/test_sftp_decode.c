/*
 * The SFTP parser: framing, every kind of request, and what is too short for its fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/auto.h"
#include "base/buf.h"
#include "ssh/sftp_decode.h"

static struct bytes text(const char *at, size_t size)
{
    return (struct bytes){(const uint8_t *)at, size};
}

#define BYTES(literal) text(literal, sizeof(literal) - 1)

static void assert_text(struct bytes got, const char *expected)
{
    assert_true(bytes_equal(got, bytes_of_text(expected)));
}

/* ---- framing --------------------------------------------------------------------------- */

static void sftp_frame_less_than_a_length_asks_for_the_rest_of_it(void **state)
{
    (void)state;
    struct bytes packet;
    size_t missing = 0;
    assert_int_equal(sftp_frame(BYTES(""), &packet, &missing), SFTP_PARTIAL);
    assert_int_equal(missing, 4);
    assert_int_equal(sftp_frame(BYTES("\0\0\0"), &packet, &missing), SFTP_PARTIAL);
    assert_int_equal(missing, 1);
}

static void sftp_frame_part_of_a_packet_asks_for_exactly_the_rest(void **state)
{
    (void)state;
    struct bytes packet;
    size_t missing = 0;
    assert_int_equal(sftp_frame(BYTES("\0\0\0\5ab"), &packet, &missing), SFTP_PARTIAL);
    assert_int_equal(missing, 3);
}

static void sftp_frame_whole_packet_comes_without_its_length(void **state)
{
    (void)state;
    struct bytes packet;
    size_t missing;
    assert_int_equal(sftp_frame(BYTES("\0\0\0\3abcXYZ"), &packet, &missing), SFTP_WHOLE);
    assert_text(packet, "abc");
}

static void sftp_frame_impossible_length_is_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *length;
        const char *why;
    } rows[] = {{"\0\0\0\0", "empty"},
                {"\0\4\4\1", "one more than the most"},
                {"\x80\0\0\0", "2^31"},
                {"\xff\xff\xff\xff", "2^32 - 1"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bytes packet;
        size_t missing;
        if (sftp_frame(text(rows[i].length, 4), &packet, &missing) != SFTP_BROKEN) {
            fail_msg("%s", rows[i].why);
        }
    }
    struct bytes packet;
    size_t missing;
    assert_int_equal(sftp_frame(BYTES("\0\4\4\0"), &packet, &missing), SFTP_PARTIAL);
    assert_int_equal(missing, SFTP_PACKET_MAX + SFTP_PACKET_GRACE);
}

/* ---- requests -------------------------------------------------------------------------- */

static void sftp_decode_init_has_its_version_as_id(void **state)
{
    (void)state;
    struct sftp_request request;
    assert_int_equal(sftp_decode(BYTES("\1\0\0\0\6"), &request), SFTP_DECODED);
    assert_int_equal(request.type, SFTP_INIT);
    assert_int_equal(request.id, 6);
}

static void sftp_decode_open_reads_path_flags_and_attributes(void **state)
{
    (void)state;
    struct sftp_request request;
    struct bytes packet = BYTES("\3\0\0\0\7\0\0\0\2/a\0\0\0\x1a"
                                "\0\0\0\x0d\0\0\0\0\0\0\0\5\0\0\1\xa4\0\0\0\1\0\0\0\2");
    assert_int_equal(sftp_decode(packet, &request), SFTP_DECODED);
    assert_int_equal(request.id, 7);
    assert_text(request.path, "/a");
    assert_int_equal(request.flags, 0x1a);
    assert_int_equal(request.attributes.size, 5);
    assert_int_equal(request.attributes.permissions, 0644);
    assert_int_equal(request.attributes.modified, 2);
}

static void sftp_decode_write_borrows_its_data(void **state)
{
    (void)state;
    struct sftp_request request;
    struct bytes packet = BYTES("\6\0\0\0\1\0\0\0\1h\1\2\3\4\5\6\7\x8\0\0\0\4data");
    assert_int_equal(sftp_decode(packet, &request), SFTP_DECODED);
    assert_text(request.handle, "h");
    assert_int_equal(request.offset, 0x0102030405060708);
    assert_text(request.data, "data");
    assert_ptr_equal(request.data.at, &packet.at[packet.size - 4]);
}

static void sftp_decode_name_with_nul_keeps_it(void **state)
{
    (void)state;
    struct sftp_request request;
    assert_int_equal(sftp_decode(BYTES("\x11\0\0\0\1\0\0\0\3a\0b"), &request),
                     SFTP_DECODED);
    assert_int_equal(request.path.size, 3);
}

static void sftp_decode_known_extensions_get_types(void **state)
{
    (void)state;
    struct sftp_request request;
    struct bytes rename = BYTES("\xc8\0\0\0\1\0\0\0\x18posix-rename@openssh.com"
                                "\0\0\0\1a\0\0\0\1b");
    assert_int_equal(sftp_decode(rename, &request), SFTP_DECODED);
    assert_int_equal(request.type, SFTP_POSIX_RENAME);
    assert_text(request.path, "a");
    assert_text(request.target, "b");
    struct bytes limits = BYTES("\xc8\0\0\0\1\0\0\0\x12limits@openssh.com");
    assert_int_equal(sftp_decode(limits, &request), SFTP_DECODED);
    assert_int_equal(request.type, SFTP_LIMITS);
}

static void sftp_decode_other_extensions_and_types_are_unknown(void **state)
{
    (void)state;
    struct sftp_request request;
    static const struct {
        const char *packet;
        size_t size;
        const char *why;
    } rows[] = {{"\xc8\0\0\0\1\0\0\0\6nope@x", 15, "an extension"},
                {"\xc8\0\0\0\1\0\0\0\0", 9, "a nameless extension"},
                {"\xc8\0\0\0\1\0\0\0\x13limits@openssh.com\0", 28, "a NUL more"},
                {"\x15\0\0\0\1", 5, "LINK of version 6"},
                {"\xff\0\0\0\1", 5, "type 255"},
                {"\0\0\0\0\1", 5, "type 0"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bytes packet = text(rows[i].packet, rows[i].size);
        if (sftp_decode(packet, &request) != SFTP_UNKNOWN || request.id != 1) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void sftp_decode_bytes_behind_the_last_field_are_ignored(void **state)
{
    (void)state;
    struct sftp_request request;
    assert_int_equal(sftp_decode(BYTES("\x11\0\0\0\1\0\0\0\1amore"), &request),
                     SFTP_DECODED);
    assert_text(request.path, "a");
}

static void sftp_decode_less_than_an_id_is_no_request(void **state)
{
    (void)state;
    struct sftp_request request;
    assert_int_equal(sftp_decode(BYTES(""), &request), SFTP_NO_ID);
    assert_int_equal(sftp_decode(BYTES("\3\0\0\0"), &request), SFTP_NO_ID);
}

/* Every shorter form of whole requests of every type: never decoded, never read past. */
static void sftp_decode_every_cut_is_short(void **state)
{
    (void)state;
    static const struct {
        const char *packet;
        size_t size;
    } rows[] = {
        {"\3\0\0\0\7\0\0\0\2/"
         "a\0\0\0\x1a\x80\0\0\1\0\0\0\0\0\0\0\5\0\0\0\1\0\0\0\1x\0\0\0\1y",
         41},
        {"\4\0\0\0\7\0\0\0\1h", 10},
        {"\5\0\0\0\7\0\0\0\1h\0\0\0\0\0\0\0\0\0\0\0\1", 22},
        {"\6\0\0\0\7\0\0\0\1h\0\0\0\0\0\0\0\0\0\0\0\1d", 23},
        {"\x0a\0\0\0\7\0\0\0\1h\0\0\0\2\0\0\0\1\0\0\0\2", 22},
        {"\x12\0\0\0\7\0\0\0\1a\0\0\0\1b", 15},
        {"\xc8\0\0\0\7\0\0\0\x11"
         "fsync@openssh.com\0\0\0\1h",
         31},
    };
    struct sftp_request request;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(sftp_decode(text(rows[i].packet, rows[i].size), &request),
                         SFTP_DECODED);
        for (size_t size = 5; size < rows[i].size; size++) {
            AUTO_FREE char *exact = malloc(size); /* so that a sanitizer sees its end */
            memcpy(exact, rows[i].packet, size);
            assert_int_equal(sftp_decode(text(exact, size), &request), SFTP_SHORT);
            assert_int_equal(request.id, 7);
        }
    }
}

static void sftp_decode_lengths_past_the_end_are_short(void **state)
{
    (void)state;
    struct sftp_request request;
    assert_int_equal(sftp_decode(BYTES("\x11\0\0\0\1\xff\xff\xff\xff/"), &request),
                     SFTP_SHORT);
    assert_int_equal(
        sftp_decode(BYTES("\x09\0\0\0\1\0\0\0\1a\x80\0\0\0\xff\xff\xff\xff"), &request),
        SFTP_SHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sftp_frame_less_than_a_length_asks_for_the_rest_of_it),
        cmocka_unit_test(sftp_frame_part_of_a_packet_asks_for_exactly_the_rest),
        cmocka_unit_test(sftp_frame_whole_packet_comes_without_its_length),
        cmocka_unit_test(sftp_frame_impossible_length_is_the_end),
        cmocka_unit_test(sftp_decode_init_has_its_version_as_id),
        cmocka_unit_test(sftp_decode_open_reads_path_flags_and_attributes),
        cmocka_unit_test(sftp_decode_write_borrows_its_data),
        cmocka_unit_test(sftp_decode_name_with_nul_keeps_it),
        cmocka_unit_test(sftp_decode_known_extensions_get_types),
        cmocka_unit_test(sftp_decode_other_extensions_and_types_are_unknown),
        cmocka_unit_test(sftp_decode_bytes_behind_the_last_field_are_ignored),
        cmocka_unit_test(sftp_decode_less_than_an_id_is_no_request),
        cmocka_unit_test(sftp_decode_every_cut_is_short),
        cmocka_unit_test(sftp_decode_lengths_past_the_end_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
