/*
 * Networks as the policy writes them, and which addresses lie in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/auto.h"
#include "policy/network.h"

static void network_that_is_well_formed_is_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t bits;
    } rows[] = {{"10.20.0.0/16", 112}, {"127.0.0.1", 128},    {"192.0.2.1/32", 128},
                {"128.0.0.0/1", 97},   {"2001:db8::/32", 32}, {"::1", 128},
                {"::1/128", 128},      {"::ffff:0:0/96", 96}, {"0.0.0.0", 128}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct network network;
        assert_true(network_parse(rows[i].text, &network));
        assert_int_equal(network.bits, rows[i].bits);
    }
}

static void network_that_is_malformed_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"", "nothing"},
        {"0.0.0.0/0", "everybody"},
        {"::/0", "everybody"},
        {"10.20.0.1/16", "bits behind the prefix"},
        {"2001:db8::1/32", "bits behind the prefix"},
        {"10.0.0.0/", "no prefix"},
        {"10.0.0.0/33", "longer than an address"},
        {"::1/129", "longer than an address"},
        {"10.0.0.0/08", "leading zero"},
        {"10.0.0.0/8 ", "something behind it"},
        {"10.0.0.0/1000", "too many digits"},
        {"10.0.0/8", "an old way to write it"},
        {"localhost", "a name"},
        {"/8", "no address"},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", "too long"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct network network;
        if (network_parse(rows[i].text, &network)) {
            fail_msg("\"%s\" was taken: %s", rows[i].text, rows[i].why);
        }
    }
}

static void network_holds_the_addresses_of_its_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        const char *address;
        bool held;
    } rows[] = {{"10.20.0.0/15", "10.21.255.255", true},
                {"10.20.0.0/15", "10.22.0.0", false},
                {"127.0.0.1", "127.0.0.1", true},
                {"127.0.0.1", "127.0.0.2", false},
                {"127.0.0.1", "::ffff:127.0.0.1", true},
                {"128.0.0.0/1", "127.0.0.1", false},
                {"2001:db8::/33", "2001:db8:7fff::", true},
                {"2001:db8::/33", "2001:db8:8000::", false},
                {"::/1", "10.0.0.1", true},
                {"10.0.0.0/8", "::1", false},
                {"10.0.0.0/8", "", false},
                {"10.0.0.0/8", "10.1", false}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct network network;
        assert_true(network_parse(rows[i].network, &network));
        if (network_holds(&network, rows[i].address) != rows[i].held) {
            fail_msg("%s and %s", rows[i].network, rows[i].address);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_that_is_well_formed_is_parsed),
        cmocka_unit_test(network_that_is_malformed_is_refused),
        cmocka_unit_test(network_holds_the_addresses_of_its_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
