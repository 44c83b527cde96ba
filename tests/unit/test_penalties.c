/*
 * How long a source stays outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "supervisor/penalties.h"

enum { MOST = 600000 };

static void penalties_add_up_and_run_off(void **state)
{
    (void)state;
    AUTO(penalties) penalties = penalties_new(NULL);
    penalties_add(penalties, "192.0.2.1", 1000, 5000, MOST);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 1000), 5000);
    penalties_add(penalties, "192.0.2.1", 2000, 5000, MOST);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 2000), 9000);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 10999), 1);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 11000), 0);
    penalties_add(penalties, "192.0.2.1", 50000, 5000, MOST);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 50000), 5000);
}

static void penalties_never_exceed_the_most(void **state)
{
    (void)state;
    AUTO(penalties) penalties = penalties_new(NULL);
    for (int i = 0; i < 100; i++) {
        penalties_add(penalties, "192.0.2.1", 1000, 90000, MOST);
    }
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 1000), MOST);
}

static void penalties_of_neighbours_are_apart(void **state)
{
    (void)state;
    AUTO(penalties) penalties = penalties_new(NULL);
    penalties_add(penalties, "192.0.2.1", 1000, 5000, MOST);
    penalties_add(penalties, "2001:db8::1", 1000, 5000, MOST);
    assert_int_equal(penalties_left(penalties, "192.0.2.2", 1000), 0);
    assert_int_equal(penalties_left(penalties, "2001:db8::ffff", 1000), 5000);
    assert_int_equal(penalties_left(penalties, "2001:db8:0:1::1", 1000), 0);
}

static void penalties_nothing_added_is_nothing_kept(void **state)
{
    (void)state;
    AUTO(penalties) penalties = penalties_new(NULL);
    penalties_add(penalties, "192.0.2.1", 1000, 0, MOST);
    assert_int_equal(penalties_left(penalties, "192.0.2.1", 1000), 0);
}

static void penalties_full_table_drops_the_one_that_ends_first(void **state)
{
    (void)state;
    AUTO(penalties) penalties = penalties_new(NULL);
    char address[32];
    for (unsigned i = 0; i < PENALTIES_SOURCES + 1u; i++) {
        snprintf(address, sizeof address, "10.0.%u.%u", i / 256, i % 256);
        penalties_add(penalties, address, 1000, 5000 + i, MOST);
    }
    assert_int_equal(penalties_left(penalties, "10.0.0.0", 1000), 0);
    assert_int_equal(penalties_left(penalties, "10.0.0.1", 1000), 5001);
    assert_int_equal(penalties_left(penalties, address, 1000), 5000 + PENALTIES_SOURCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalties_add_up_and_run_off),
        cmocka_unit_test(penalties_never_exceed_the_most),
        cmocka_unit_test(penalties_of_neighbours_are_apart),
        cmocka_unit_test(penalties_nothing_added_is_nothing_kept),
        cmocka_unit_test(penalties_full_table_drops_the_one_that_ends_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
