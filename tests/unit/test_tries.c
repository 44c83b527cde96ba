/*
 * How often a connection may try.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/tries.h"

static void tries_that_fail_end_at_the_limit(void **state)
{
    (void)state;
    struct tries tries = {0};
    assert_true(tries_begin(&tries, 2));
    assert_true(tries_failed(&tries, 2));
    assert_true(tries_begin(&tries, 2));
    assert_false(tries_failed(&tries, 2));
    assert_false(tries_begin(&tries, 2));
}

static void tries_that_are_not_answered_count(void **state)
{
    (void)state;
    struct tries tries = {0};
    assert_true(tries_begin(&tries, 2));
    assert_true(tries_begin(&tries, 2));
    assert_false(tries_begin(&tries, 2));
    assert_true(tries_failed(&tries, 2));
    assert_false(tries_begin(&tries, 2));
}

static void tries_of_keys_offered_in_vain_end_too(void **state)
{
    (void)state;
    struct tries tries = {0};
    for (int i = 0; i < TRIES_PROBES_DENIED; i++) {
        assert_true(tries_probe_denied(&tries));
    }
    assert_false(tries_probe_denied(&tries));
    assert_true(tries_begin(&tries, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_that_fail_end_at_the_limit),
        cmocka_unit_test(tries_that_are_not_answered_count),
        cmocka_unit_test(tries_of_keys_offered_in_vain_end_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
