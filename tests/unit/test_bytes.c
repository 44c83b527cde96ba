/*
 * Comparing runs of bytes, and hexadecimal both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/auto.h"
#include "base/bytes.h"

static void bytes_equal_compares_size_and_content(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool equal;
        const char *why;
    } rows[] = {
        {"", "", true, "two empty runs"},
        {"abc", "abc", true, "the same"},
        {"abc", "abd", false, "the last byte differs"},
        {"xbc", "abc", false, "the first byte differs"},
        {"abc", "ab", false, "one is a prefix"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct bytes a = bytes_of_text(rows[i].a);
        struct bytes b = bytes_of_text(rows[i].b);
        if (bytes_equal(a, b) != rows[i].equal ||
            bytes_equal_secret(a, b) != rows[i].equal) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void bytes_hex_goes_both_ways(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0x9f, 0xab, 0xff};
    char text[11];
    hex_encode((struct bytes){bytes, sizeof bytes}, text, sizeof text);
    assert_string_equal(text, "00019fabff");
    uint8_t back[sizeof bytes];
    assert_true(hex_decode(text, back, sizeof back));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(hex_decode("00019FABFF", back, sizeof back));
    assert_memory_equal(back, bytes, sizeof bytes);
}

static void bytes_hex_decode_refuses_and_leaves_output(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "0", "000", "00000", "0g00", "00 0", "000:"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint8_t out[2] = {1, 2};
        assert_false(hex_decode(bad[i], out, sizeof out));
        assert_int_equal(out[0], 1);
        assert_int_equal(out[1], 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_equal_compares_size_and_content),
        cmocka_unit_test(bytes_hex_goes_both_ways),
        cmocka_unit_test(bytes_hex_decode_refuses_and_leaves_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
