/*
 * The list of findings: codes are stable names, found again by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/finding/finding.h"

static void finding_every_code_is_found_again(void **state)
{
    (void)state;
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        enum finding found = FINDING_COUNT;
        assert_true(finding_by_code(finding_code((enum finding)at), &found));
        assert_int_equal(found, at);
    }
}

static void finding_unknown_code_is_refused(void **state)
{
    (void)state;
    enum finding found = FINDING_EMPTY;
    assert_false(finding_by_code("PDF_SCRIP", &found));
    assert_false(finding_by_code("pdf_script", &found));
    assert_false(finding_by_code("", &found));
    assert_int_equal(found, FINDING_EMPTY);
}

static void finding_defaults_are_those_of_the_list(void **state)
{
    (void)state;
    assert_string_equal(finding_code(FINDING_PDF_LAUNCH), "PDF_LAUNCH");
    assert_int_equal(finding_default(FINDING_PDF_LAUNCH), VERDICT_REJECT);
    assert_int_equal(finding_default(FINDING_PDF_SCRIPT), VERDICT_HOLD);
    assert_int_equal(finding_default(FINDING_PDF_REPAIRED), VERDICT_ACCEPT);
    assert_true(finding_default(FINDING_NOT_INSPECTED) > VERDICT_ACCEPT);
}

static void finding_bits_are_apart(void **state)
{
    (void)state;
    finding_set all = 0;
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        assert_true((all & finding_bit((enum finding)at)) == 0);
        all |= finding_bit((enum finding)at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding_every_code_is_found_again),
        cmocka_unit_test(finding_unknown_code_is_refused),
        cmocka_unit_test(finding_defaults_are_those_of_the_list),
        cmocka_unit_test(finding_bits_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
