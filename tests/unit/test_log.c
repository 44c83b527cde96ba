/*
 * Journal records: escaping, length, levels. Standard error is a pipe here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"

static int journal = -1; /* reading end */
static int real_stderr = -1;

static int capture(void **state)
{
    (void)state;
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) < 0) {
        return -1;
    }
    real_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    journal = ends[0];
    log_init("test", LOG_INFO);
    return 0;
}

static int release(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(journal);
    return 0;
}

static size_t take(char *text, size_t size)
{
    ssize_t got = read(journal, text, size - 1);
    text[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

static void log_event_writes_one_line(void **state)
{
    (void)state;
    log_event(LOG_INFO, "login", "conn", "17", "user", "laredo", "note", NULL, NULL);
    char text[256];
    take(text, sizeof text);
    assert_string_equal(text + strlen("2026-11-22T15:04:05.123Z"),
                        " info test login conn=17 user=laredo note=-\n");
    assert_int_equal(text[23], 'Z');
}

static void log_value_cannot_forge_a_record(void **state)
{
    (void)state;
    log_event(LOG_ERROR, "x", "user", "a\nb user=root \"\\\x1b[2J\xc3\xa9\x7f", NULL);
    char text[256];
    take(text, sizeof text);
    assert_non_null(strstr(text, " user=a\\x0ab\\x20user\\x3droot\\x20\\x22\\x5c\\x1b[2J"
                                 "\\xc3\\xa9\\x7f\n"));
}

static void log_record_is_cut_with_its_newline(void **state)
{
    (void)state;
    char value[5000];
    memset(value, '\n', sizeof value);
    value[sizeof value - 1] = '\0';
    log_event(LOG_INFO, "x", "a", value, "b", value, NULL);
    char text[5000];
    size_t size = take(text, sizeof text);
    assert_int_equal(size, 2048);
    assert_int_equal(text[size - 1], '\n');
    assert_null(memchr(text, '\n', size - 1));
}

static void log_level_below_is_silent(void **state)
{
    (void)state;
    log_event(LOG_DEBUG, "x", NULL);
    log_text(LOG_DEBUG, "x", "y");
    char text[256];
    assert_int_equal(take(text, sizeof text), 0);
}

static void log_text_is_one_escaped_pair(void **state)
{
    (void)state;
    errno = EPIPE;
    log_text(LOG_WARNING, "late", "%d ms", 7);
    assert_int_equal(errno, EPIPE);
    char text[256];
    take(text, sizeof text);
    assert_string_equal(text + 24, " warning test late error=7\\x20ms\n");
}

static void log_escape_never_cuts_an_escape(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t size;
        const char *wanted;
    } rows[] = {
        {"ab", 3, "ab"}, {"abc", 3, "ab"},   {"a\n", 6, "a\\x0a"}, {"a\n", 5, "a"},
        {"\n", 4, ""},   {"\n", 5, "\\x0a"}, {"anything", 1, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[16] = "untouched";
        log_escape(rows[i].value, strlen(rows[i].value), out, rows[i].size);
        assert_string_equal(out, rows[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_event_writes_one_line),
        cmocka_unit_test(log_value_cannot_forge_a_record),
        cmocka_unit_test(log_record_is_cut_with_its_newline),
        cmocka_unit_test(log_level_below_is_silent),
        cmocka_unit_test(log_text_is_one_escaped_pair),
        cmocka_unit_test(log_escape_never_cuts_an_escape),
    };
    return cmocka_run_group_tests(tests, capture, release);
}
