/*
 * Times as text, against gmtime_r().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static void clock_format_known_times(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    assert_string_equal(clock_format_utc(0, text), "1970-01-01T00:00:00.000Z");
    assert_string_equal(clock_format_utc(INT64_C(1795359845123456), text),
                        "2026-11-22T15:04:05.123Z");
    assert_string_equal(clock_format_utc(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(clock_format_utc(INT64_C(951782400000000), text),
                        "2000-02-29T00:00:00.000Z");
}

static void clock_format_agrees_with_libc(void **state)
{
    (void)state;
    /* Every 10 days and some seconds, from 1901 to 2190. */
    for (int64_t s = -2177452800; s < 6942758400; s += 864000 + 3671) {
        time_t seconds = (time_t)s;
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        char wanted[CLOCK_TEXT_MAX];
        size_t used = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &parts);
        snprintf(wanted + used, sizeof wanted - used, ".007Z");
        char text[CLOCK_TEXT_MAX];
        assert_string_equal(clock_format_utc(s * 1000000 + 7999, text), wanted);
    }
}

static void clock_monotonic_never_goes_back(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    assert_true(before > 0);
    assert_true(clock_monotonic_ms() >= before);
    assert_true(clock_wall_us() > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_format_known_times),
        cmocka_unit_test(clock_format_agrees_with_libc),
        cmocka_unit_test(clock_monotonic_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
