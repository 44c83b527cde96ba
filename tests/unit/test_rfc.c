/*
 * RFCs: the tax authority's published test ones, and wrong ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/auto.h"
#include "policy/rfc.h"

static const struct {
    const char *rfc;
    bool well_formed;
    const char *why;
} rows[] = {
    {"EKU9003173C9", true, "a test company"},
    {"URE180429TM6", true, "a test company"},
    {"JES900109Q90", true, "check digit 0"},
    {"OÑO120726RX3", true, "Ñ in a company's"},
    {"H&E951128469", true, "ampersand"},
    {"ZUÑ920208KL4", true, "Ñ as third letter"},
    {"XIQB891116QE4", true, "a test person"},
    {"IAÑL750210963", true, "all-digit homoclave"},
    {"RAQÑ7701212M3", true, "Ñ as last letter"},
    {"XAXX010101000", true, "the generic national one"},
    {"XEXX010101000", true, "the generic foreign one"},
    {"EKU9003173C8", true, "a wrong check digit is none of the form's business"},
    {"ABC0002291A1", true, "29 February 2000"},
    {"ABC010101AAA", true, "check digit A"},
    {"EKU9013173C9", false, "month 13"},
    {"EKU9000173C9", false, "month 0"},
    {"EKU9002303C9", false, "30 February"},
    {"EKU9002293C9", false, "29 February 1990 or 2090"},
    {"EKU9004313C9", false, "31 April"},
    {"EKU9003003C9", false, "day 0"},
    {"EK9003173C9", false, "two letters"},
    {"EKUXY9003173C9", false, "five letters"},
    {"eku9003173c9", false, "lower case"},
    {"EKU-900317-3C9", false, "hyphens"},
    {"EKU9003173C9/..", false, "a path"},
    {"EKU9003173C", false, "one short"},
    {"EKU9003173C99", false, "one too many"},
    {"EKU9003173CB", false, "check digit B"},
    {"EKU900317ÑC9", false, "Ñ in the homoclave"},
    {"\xef\xbc\xa5KU9003173C9", false, "full-width letter"},
    {"ON\xcc\x83O120726RX3", false, "decomposed Ñ"},
    {"\xc3", false, "half a letter"},
    {"", false, "nothing"},
};

static void rfc_form_and_date_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rfc_is_well_formed(rows[i].rfc) != rows[i].well_formed) {
            fail_msg("%s: %s", rows[i].rfc, rows[i].why);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_form_and_date_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
