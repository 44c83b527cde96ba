/*
 * The byte queue: order, ceiling, sticky failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void buf_integers_are_big_endian(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 64);
    buf_put_u8(&buf, 0x01);
    buf_put_u16(&buf, 0x0203);
    buf_put_u32(&buf, 0x04050607);
    buf_put_u64(&buf, 0x08090a0b0c0d0e0f);
    assert_int_equal(buf_size(&buf), 15);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(buf_view(&buf).at[i], i + 1);
    }
    buf_done(&buf);
}

static void buf_put_past_ceiling_adds_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_put(&buf, "12345678", 8);
    assert_int_equal(buf_room(&buf), 2);
    buf_put(&buf, "abc", 3);
    assert_true(buf.failed);
    assert_int_equal(buf_size(&buf), 8);
    buf_put_u8(&buf, 1);
    assert_int_equal(buf_size(&buf), 8);
    assert_int_equal(buf_room(&buf), 0);
    buf_clear(&buf);
    assert_false(buf.failed);
    buf_put(&buf, "1234567890", 10);
    assert_false(buf.failed);
    assert_memory_equal(buf_view(&buf).at, "1234567890", 10);
    buf_done(&buf);
}

static void buf_string_is_put_whole_or_not(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_put_string(&buf, "12345", 5);
    assert_true(buf.failed);
    assert_int_equal(buf_size(&buf), 0);
    buf_clear(&buf);
    buf_put_text(&buf, "1234");
    assert_false(buf.failed);
    assert_memory_equal(buf_view(&buf).at,
                        "\0\0\0\4"
                        "1234",
                        8);
    buf_done(&buf);
}

static void buf_queue_keeps_order_while_it_moves(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    uint8_t next_in = 0;
    uint8_t next_out = 0;
    for (size_t round = 0; round < 5000; round++) {
        size_t in = (round * 7) % 90;
        for (size_t i = 0; i < in && buf_room(&buf) > 0; i++) {
            buf_put_u8(&buf, next_in++);
        }
        size_t out = (round * 11) % 95;
        while (out-- > 0 && buf_size(&buf) > 0) {
            assert_int_equal(buf_view(&buf).at[0], next_out++);
            buf_consume(&buf, 1);
        }
    }
    assert_false(buf.failed);
    buf_done(&buf);
}

static void buf_reserve_and_commit_fill_in_place(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 600);
    buf_put(&buf, "ab", 2);
    uint8_t *at = buf_reserve(&buf, 500);
    assert_non_null(at);
    memcpy(at, "cd", 2);
    buf_commit(&buf, 2);
    assert_int_equal(buf_size(&buf), 4);
    assert_memory_equal(buf_view(&buf).at, "abcd", 4);
    assert_null(buf_reserve(&buf, 597));
    assert_true(buf.failed);
    buf_done(&buf);
}

static void buf_patch_writes_at_offset_from_head(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 64);
    buf_put(&buf, "xx", 2);
    buf_put_u32(&buf, 0);
    buf_put(&buf, "yy", 2);
    buf_consume(&buf, 1);
    buf_patch_u32(&buf, 1, 0x01020304);
    assert_memory_equal(buf_view(&buf).at, "x\1\2\3\4yy", 7);
    buf_done(&buf);
}

static void buf_printf_adds_text_without_nul(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 2000);
    buf_printf(&buf, "%s-%d", "a", 5);
    assert_int_equal(buf_size(&buf), 3);
    assert_memory_equal(buf_view(&buf).at, "a-5", 3);
    buf_printf(&buf, "%01500d", 0);
    assert_int_equal(buf_size(&buf), 1503);
    buf_printf(&buf, "%01500d", 0);
    assert_true(buf.failed);
    assert_int_equal(buf_size(&buf), 1503);
    buf_done(&buf);
}

static void buf_empty_view_can_be_read(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_non_null(buf_view(&buf).at);
    assert_int_equal(buf_view(&buf).size, 0);
    buf_put(&buf, NULL, 0);
    assert_false(buf.failed);
    buf_done(&buf);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_integers_are_big_endian),
        cmocka_unit_test(buf_put_past_ceiling_adds_nothing),
        cmocka_unit_test(buf_string_is_put_whole_or_not),
        cmocka_unit_test(buf_queue_keeps_order_while_it_moves),
        cmocka_unit_test(buf_reserve_and_commit_fill_in_place),
        cmocka_unit_test(buf_patch_writes_at_offset_from_head),
        cmocka_unit_test(buf_printf_adds_text_without_nul),
        cmocka_unit_test(buf_empty_view_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
