/*
 * Errors: what they hold, and that a NULL one is allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void err_set_returns_false_and_fills(void **state)
{
    (void)state;
    struct err err = {.sys = 7};
    assert_false(err_set(&err, ERR_LIMIT, "%d too many", 3));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.text, "3 too many");
}

static void err_null_is_allowed(void **state)
{
    (void)state;
    assert_false(err_set(NULL, ERR_INPUT, "x"));
    assert_false(err_sys(NULL, EPERM, "x"));
    assert_false(err_wrap(NULL, "x"));
}

static void err_sys_appends_errno_text(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_sys(&err, ENOENT, "open %s", "a"));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(err.text, "open a: No such file or directory");
}

static void err_wrap_keeps_code_and_prepends(void **state)
{
    (void)state;
    struct err err = {0};
    err_sys(&err, EACCES, "open");
    assert_false(err_wrap(&err, "start %d", 1));
    assert_int_equal(err.sys, EACCES);
    assert_string_equal(err.text, "start 1: open: Permission denied");
}

static void err_long_text_is_cut(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    struct err err = {0};
    err_set(&err, ERR_INPUT, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
    err_sys(&err, EPERM, "%.150s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_set_returns_false_and_fills),
        cmocka_unit_test(err_null_is_allowed),
        cmocka_unit_test(err_sys_appends_errno_text),
        cmocka_unit_test(err_wrap_keeps_code_and_prepends),
        cmocka_unit_test(err_long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
