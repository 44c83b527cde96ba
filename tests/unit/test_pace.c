/*
 * The pace of requests: a burst, then so many a second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ssh/pace.h"

enum { NOW = 5000000 };

static unsigned taken_at(struct pace *pace, int64_t now_ms, unsigned most)
{
    unsigned count = 0;
    while (count < most && pace_wait(pace, now_ms) == 0) {
        pace_take(pace, now_ms);
        count++;
    }
    return count;
}

static void pace_allows_a_second_of_work_at_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 2000);
    assert_int_equal(taken_at(&pace, NOW, 10000), 2000);
    assert_int_equal(pace_wait(&pace, NOW), 1);
    assert_int_equal(taken_at(&pace, NOW + 1, 10000), 2);
}

static void pace_goes_on_at_its_rate(void **state)
{
    (void)state;
    struct pace pace;
    unsigned count = 0;
    pace_init(&pace, 10);
    assert_int_equal(taken_at(&pace, NOW, 100), 10);
    assert_int_equal(pace_wait(&pace, NOW), 100);
    for (int64_t ms = 1; ms <= 3000; ms++) {
        count += taken_at(&pace, NOW + ms, 100);
    }
    assert_int_equal(count, 30);
}

static void pace_saves_no_more_than_a_second(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 10);
    assert_int_equal(taken_at(&pace, NOW, 100), 10);
    assert_int_equal(taken_at(&pace, NOW + 3600 * 1000, 100), 10);
}

static void pace_of_none_never_waits(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 0);
    assert_int_equal(taken_at(&pace, NOW, 100000), 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pace_allows_a_second_of_work_at_once),
        cmocka_unit_test(pace_goes_on_at_its_rate),
        cmocka_unit_test(pace_saves_no_more_than_a_second),
        cmocka_unit_test(pace_of_none_never_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
