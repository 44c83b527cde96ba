/*
 * Session identifiers: which connection has which, and which were used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/identities.h"

static struct identities identities;

static struct identity make(uint64_t connection)
{
    struct identity identity;
    uint8_t bytes[32] = {0};
    memcpy(bytes, &connection, sizeof connection);
    assert_true(identity_set(&identity, connection, (struct bytes){bytes, sizeof bytes}));
    return identity;
}

static int forget(void **state)
{
    (void)state;
    identities = (struct identities){0};
    return 0;
}

static void identity_of_an_odd_size_is_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[65];
    struct identity identity;
    static const size_t sizes[] = {0, 20, 31, 33, 48, 63, 65};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_false(identity_set(&identity, 1, (struct bytes){bytes, sizes[i]}));
    }
    assert_true(identity_set(&identity, 1, (struct bytes){bytes, 64}));
}

static void identity_that_is_not_known_is_nothing(void **state)
{
    (void)state;
    struct identity unknown = {0};
    assert_false(identity_is(&unknown, (struct bytes){NULL, 0}));
}

static void identities_announced_early_are_taken_once(void **state)
{
    (void)state;
    struct identity kept = make(7);
    identities_keep(&identities, &kept);
    assert_int_equal(identities_take(&identities, 8).size, 0);
    struct identity taken = identities_take(&identities, 7);
    assert_true(identity_is(&taken, (struct bytes){kept.bytes, kept.size}));
    assert_int_equal(identities_take(&identities, 7).size, 0);
}

static void identities_announced_for_nobody_push_out_the_oldest(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= IDENTITIES_EARLY + 1; i++) {
        struct identity identity = make(i);
        identities_keep(&identities, &identity);
    }
    assert_int_equal(identities_take(&identities, 1).size, 0);
    assert_int_equal(identities_take(&identities, 2).size, 32);
    assert_int_equal(identities_take(&identities, IDENTITIES_EARLY + 1).size, 32);
}

static void identities_that_were_used_are_remembered(void **state)
{
    (void)state;
    struct identity first = make(1);
    assert_false(identities_used(&identities, &first));
    identities_use(&identities, &first);
    for (uint64_t i = 2; i <= IDENTITIES_USED; i++) {
        struct identity next = make(i);
        assert_false(identities_used(&identities, &next));
        identities_use(&identities, &next);
    }
    assert_true(identities_used(&identities, &first));
    struct identity last = make(IDENTITIES_USED + 1);
    identities_use(&identities, &last);
    assert_false(identities_used(&identities, &first));
    assert_true(identities_used(&identities, &last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_of_an_odd_size_is_refused),
        cmocka_unit_test(identity_that_is_not_known_is_nothing),
        cmocka_unit_test_setup(identities_announced_early_are_taken_once, forget),
        cmocka_unit_test_setup(identities_announced_for_nobody_push_out_the_oldest,
                               forget),
        cmocka_unit_test_setup(identities_that_were_used_are_remembered, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
