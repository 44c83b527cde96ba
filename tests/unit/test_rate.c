/*
 * How often a connection may have something signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keys/rate.h"

static unsigned take_all(struct rate *rate, int64_t now)
{
    unsigned taken = 0;
    while (rate_take(rate, now)) {
        taken++;
    }
    return taken;
}

static void rate_at_the_start_gives_the_burst(void **state)
{
    (void)state;
    struct rate rate = rate_start(5000);
    assert_int_equal(take_all(&rate, 5000), RATE_BURST);
}

static void rate_after_the_burst_gives_one_at_a_time(void **state)
{
    (void)state;
    struct rate rate = rate_start(0);
    take_all(&rate, 0);
    assert_false(rate_take(&rate, RATE_REFILL_MS - 1));
    assert_true(rate_take(&rate, RATE_REFILL_MS));
    assert_false(rate_take(&rate, RATE_REFILL_MS));
    assert_int_equal(take_all(&rate, 4 * RATE_REFILL_MS), 3);
}

static void rate_after_a_long_rest_gives_no_more_than_the_burst(void **state)
{
    (void)state;
    struct rate rate = rate_start(0);
    take_all(&rate, 0);
    assert_int_equal(take_all(&rate, INT64_MAX / 2), RATE_BURST);
}

static void rate_with_a_clock_that_stands_still_gives_nothing(void **state)
{
    (void)state;
    struct rate rate = rate_start(1000);
    take_all(&rate, 1000);
    assert_false(rate_take(&rate, 1000));
    assert_false(rate_take(&rate, 900));
}

static void rate_in_the_life_of_a_connection_ends(void **state)
{
    (void)state;
    struct rate rate = rate_start(0);
    unsigned taken = 0;
    for (int64_t now = 0; now < 2 * RATE_TOTAL * RATE_REFILL_MS; now += RATE_REFILL_MS) {
        taken += rate_take(&rate, now);
    }
    assert_int_equal(taken, RATE_TOTAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_at_the_start_gives_the_burst),
        cmocka_unit_test(rate_after_the_burst_gives_one_at_a_time),
        cmocka_unit_test(rate_after_a_long_rest_gives_no_more_than_the_burst),
        cmocka_unit_test(rate_with_a_clock_that_stands_still_gives_nothing),
        cmocka_unit_test(rate_in_the_life_of_a_connection_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
