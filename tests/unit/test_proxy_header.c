/*
 * The header of the PROXY protocol: what HAProxy sends, and what nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "ssh/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FROM_IPV4 "\xc0\x00\x02\x07\x7f\x00\x00\x01\xc3\x50\x08\xae"
#define FROM_IPV6                                \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07" \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"         \
    "\xc3\x50\x08\xae"
#define FROM_MAPPED                                \
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07" \
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01"     \
    "\xc3\x50\x08\xae"
#define BYTES(text)                               \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static void proxy_header_of_a_client_tells_its_address(void **state)
{
    (void)state;
    static const struct {
        struct bytes bytes;
        size_t size;
        const char *address;
    } rows[] = {
        {BYTES(SIGNATURE "\x21\x11\0\x0c" FROM_IPV4), 28, "192.0.2.7"},
        {BYTES(SIGNATURE "\x21\x11\0\x0c" FROM_IPV4 "SSH-2.0-x\r\n"), 28, "192.0.2.7"},
        {BYTES(SIGNATURE "\x21\x11\0\x13" FROM_IPV4 "\x03\0\x04tail"), 35, "192.0.2.7"},
        {BYTES(SIGNATURE "\x21\x21\0\x24" FROM_IPV6), 52, "2001:db8::7"},
        {BYTES(SIGNATURE "\x21\x21\0\x24" FROM_MAPPED), 52, "192.0.2.7"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct proxy_header header;
        assert_int_equal(proxy_header_parse(rows[i].bytes, &header),
                         PROXY_HEADER_ADDRESS);
        assert_int_equal(header.size, rows[i].size);
        assert_string_equal(header.address, rows[i].address);
    }
}

static void proxy_header_of_a_health_check_is_local(void **state)
{
    (void)state;
    static const struct bytes rows[] = {
        BYTES(SIGNATURE "\x20\0\0\0"),
        BYTES(SIGNATURE "\x20\x11\0\x0c" FROM_IPV4),
        BYTES(SIGNATURE "\x20\x31\0\x02??"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct proxy_header header;
        assert_int_equal(proxy_header_parse(rows[i], &header), PROXY_HEADER_LOCAL);
        assert_int_equal(header.size, rows[i].size);
    }
}

static void proxy_header_that_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct bytes bytes;
        const char *why;
    } rows[] = {
        {BYTES("SSH-2.0-client\r\n"), "no header"},
        {BYTES("PROXY TCP4 192.0.2.7 127.0.0.1 5 6\r\n"), "version 1"},
        {BYTES("\r\n\r\n\0\r\nQUIT\r\x21\x11\0\x0c" FROM_IPV4), "last byte of signature"},
        {BYTES("\r\nS"), "wrong from its third byte on: no more need come"},
        {BYTES(SIGNATURE "\x11\x11\0\x0c" FROM_IPV4), "version 1 in binary"},
        {BYTES(SIGNATURE "\x31\x11\0\x0c" FROM_IPV4), "version 3"},
        {BYTES(SIGNATURE "\x22\x11\0\x0c" FROM_IPV4), "unknown command"},
        {BYTES(SIGNATURE "\x21\x12\0\x0c" FROM_IPV4), "UDP"},
        {BYTES(SIGNATURE "\x21\x22\0\x24" FROM_IPV6), "UDP"},
        {BYTES(SIGNATURE "\x21\x31\0\x02??"), "a local socket"},
        {BYTES(SIGNATURE "\x21\0\0\0"), "a client without an address"},
        {BYTES(SIGNATURE "\x21\x11\0\x0b\xc0\x00\x02\x07\x7f\x00\x00\x01\xc3\x50\x08"),
         "shorter than its addresses"},
        {BYTES(SIGNATURE "\x21\x21\0\x0c" FROM_IPV4), "IPv6, as long as IPv4"},
        {BYTES(SIGNATURE "\x21\x11\x02\x09"), "longer than 536 bytes"},
        {BYTES(SIGNATURE "\x20\0\xff\xff"), "a long health check"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct proxy_header header;
        if (proxy_header_parse(rows[i].bytes, &header) != PROXY_HEADER_WRONG) {
            fail_msg("taken: %s", rows[i].why);
        }
    }
}

/* What must come before more is read: never a byte of the client. */
static void proxy_header_cut_short_says_how_much_it_needs(void **state)
{
    (void)state;
    static const char whole[] = SIGNATURE "\x21\x21\0\x24" FROM_IPV6;
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        uint8_t copy[sizeof whole];
        memcpy(copy, whole, size);
        struct proxy_header header;
        assert_int_equal(proxy_header_parse((struct bytes){copy, size}, &header),
                         PROXY_HEADER_MORE);
        assert_int_equal(header.size, size < PROXY_HEADER_FIXED ? PROXY_HEADER_FIXED
                                                                : sizeof whole - 1);
    }
}

static void proxy_header_of_the_greatest_length_is_taken(void **state)
{
    (void)state;
    uint8_t bytes[PROXY_HEADER_MAX] = {0};
    memcpy(bytes, SIGNATURE "\x21\x11\x02\x08" FROM_IPV4, 28);
    struct proxy_header header;
    assert_int_equal(proxy_header_parse((struct bytes){bytes, sizeof bytes}, &header),
                     PROXY_HEADER_ADDRESS);
    assert_int_equal(header.size, PROXY_HEADER_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxy_header_of_a_client_tells_its_address),
        cmocka_unit_test(proxy_header_of_a_health_check_is_local),
        cmocka_unit_test(proxy_header_that_is_wrong_is_refused),
        cmocka_unit_test(proxy_header_cut_short_says_how_much_it_needs),
        cmocka_unit_test(proxy_header_of_the_greatest_length_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
