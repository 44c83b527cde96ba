/*
 * Taking fields from bytes: order, bounds, sticky failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/reader.h"

static const uint8_t sample[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void reader_integers_are_big_endian(void **state)
{
    (void)state;
    struct reader reader = reader_of((struct bytes){sample, sizeof sample});
    assert_int_equal(reader_u8(&reader), 0x01);
    assert_int_equal(reader_u16(&reader), 0x0203);
    assert_int_equal(reader_u32(&reader), 0x04050607);
    assert_false(reader_finished(&reader));
    assert_int_equal(reader_u64(&reader), 0x08090a0b0c0d0e0f);
    assert_true(reader_finished(&reader));
}

static void reader_past_end_fails_for_good(void **state)
{
    (void)state;
    struct reader reader = reader_of((struct bytes){sample, 3});
    assert_int_equal(reader_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_take(&reader, 1).size, 0);
    assert_false(reader_finished(&reader));
}

static void reader_string_borrows(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0};
    struct reader reader = reader_of((struct bytes){bytes, sizeof bytes});
    struct bytes text = reader_string(&reader);
    assert_int_equal(text.size, 2);
    assert_ptr_equal(text.at, bytes + 4);
    assert_int_equal(reader_string(&reader).size, 0);
    assert_true(reader_finished(&reader));
}

static void reader_string_longer_than_rest_fails(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 'a'};
    struct reader reader = reader_of((struct bytes){bytes, sizeof bytes});
    struct bytes text = reader_string(&reader);
    assert_int_equal(text.size, 0);
    assert_non_null(text.at);
    assert_true(reader.failed);
}

static void reader_of_nothing_is_finished(void **state)
{
    (void)state;
    struct reader reader = reader_of((struct bytes){0});
    assert_int_equal(reader_take(&reader, 0).size, 0);
    assert_true(reader_finished(&reader));
    assert_int_equal(reader_u8(&reader), 0);
    assert_false(reader_finished(&reader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_integers_are_big_endian),
        cmocka_unit_test(reader_past_end_fails_for_good),
        cmocka_unit_test(reader_string_borrows),
        cmocka_unit_test(reader_string_longer_than_rest_fails),
        cmocka_unit_test(reader_of_nothing_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
