/*
 * Passwords: what verifies, what it costs when there is none, and what may become one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password.h"
#include "base/auto.h"
#include "base/clock.h"

static void password_that_was_hashed_verifies_alone(void **state)
{
    (void)state;
    char phc[PASSWORD_PHC_SIZE], again[PASSWORD_PHC_SIZE];
    struct bytes right = bytes_of_text("una frase de paso larga");
    assert_true(password_hash(right, phc, NULL));
    assert_true(password_hash(right, again, NULL));
    assert_string_not_equal(phc, again);
    assert_memory_equal(phc, "$argon2id$v=19$m=65536,t=3,p=1$", 31);
    assert_true(password_verify(phc, right));
    assert_false(password_verify(phc, bytes_of_text("una frase de paso largA")));
    assert_false(password_verify(phc, bytes_of_text("")));
}

static void password_of_nobody_costs_as_much_and_is_wrong(void **state)
{
    (void)state;
    char phc[PASSWORD_PHC_SIZE];
    struct bytes password = bytes_of_text("una frase de paso larga");
    assert_true(password_hash(password, phc, NULL));
    int64_t fastest_somebody = INT64_MAX, fastest_nobody = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t began = clock_monotonic_ms();
        assert_true(password_verify(phc, password));
        int64_t between = clock_monotonic_ms();
        assert_false(password_verify(NULL, password));
        int64_t ended = clock_monotonic_ms();
        fastest_somebody =
            between - began < fastest_somebody ? between - began : fastest_somebody;
        fastest_nobody =
            ended - between < fastest_nobody ? ended - between : fastest_nobody;
    }
    /* A hash that is refused before it is computed would take no time at all. */
    assert_true(2 * fastest_nobody > fastest_somebody);
}

static void password_hash_that_is_damaged_verifies_nothing(void **state)
{
    (void)state;
    struct bytes password = bytes_of_text("x");
    static const char *const damaged[] = {"", "$argon2id$", "x",
                                          "$argon2id$v=19$m=65536,t=3,p=1$AAAA$AAAA"};
    for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
        assert_false(password_verify(damaged[i], password));
    }
}

struct row {
    const char *password;
    bool acceptable;
    const char *why;
};

static const struct row rows[] = {
    {"doce letras.", true, "twelve characters"},
    {"once letras", false, "eleven"},
    {"ñandú ñoño ñ", true, "twelve characters, more bytes"},
    {"áéíóúáéíóúñ", false, "eleven characters in twenty-two bytes"},
    {"con\ttabulador", false, "a control character"},
    {"con borrado\x7f.", false, "DEL"},
    {"con C1 \xc2\x85 en medio", false, "a C1 control"},
    {"mal \xff\xfe formada aqui", false, "not UTF-8"},
    {"cortada al final\xc3", false, "a character cut in two"},
    {"emoji \xf0\x9f\x94\x91 llave", true, "four bytes"},
};

static void password_that_is_new_is_acceptable_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct err err = {0};
        bool acceptable = password_acceptable(bytes_of_text(rows[i].password), &err);
        if (acceptable != rows[i].acceptable) {
            fail_msg("%s", rows[i].why);
        }
    }
}

static void password_of_more_than_its_bytes_is_not_acceptable(void **state)
{
    (void)state;
    uint8_t bytes[PASSWORD_MAX + 1];
    memset(bytes, 'x', sizeof bytes);
    assert_true(password_acceptable((struct bytes){bytes, PASSWORD_MAX}, NULL));
    assert_false(password_acceptable((struct bytes){bytes, PASSWORD_MAX + 1}, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(password_that_was_hashed_verifies_alone),
        cmocka_unit_test(password_of_nobody_costs_as_much_and_is_wrong),
        cmocka_unit_test(password_hash_that_is_damaged_verifies_nothing),
        cmocka_unit_test(password_that_is_new_is_acceptable_or_not),
        cmocka_unit_test(password_of_more_than_its_bytes_is_not_acceptable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
