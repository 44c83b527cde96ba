/*
 * What a client signs to log in: exactly one form, and nothing near it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/signed_data.h"
#include "base/auto.h"
#include "base/buf.h"

/* One message, a field of it changed. */
struct row {
    const char *user;
    size_t user_size;
    const char *service;
    const char *method;
    uint8_t type;
    uint8_t has_signature;
    const char *tail;
    size_t cut; /* bytes taken from the end */
    bool parses;
    const char *why;
};

#define USER "laredo", 6
#define NAME_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    {USER, "ssh-connection", "publickey", 50, 1, "", 0, true, "as in RFC 4252"},
    {NAME_64, 64, "ssh-connection", "publickey", 50, 1, "", 0, true, "the longest name"},
    {NAME_64 "a", 65, "ssh-connection", "publickey", 50, 1, "", 0, false,
     "too long a name"},
    {"", 0, "ssh-connection", "publickey", 50, 1, "", 0, false, "no name"},
    {"laredo\0x", 8, "ssh-connection", "publickey", 50, 1, "", 0, false,
     "NUL in the name"},
    {USER, "ssh-userauth", "publickey", 50, 1, "", 0, false, "another service"},
    {USER, "ssh-connection", "hostbased", 50, 1, "", 0, false, "another method"},
    {USER, "ssh-connection", "publickey", 51, 1, "", 0, false, "another message"},
    {USER, "ssh-connection", "publickey", 50, 0, "", 0, false, "a probe, signed"},
    {USER, "ssh-connection", "publickey", 50, 2, "", 0, false, "TRUE in another form"},
    {USER, "ssh-connection", "publickey", 50, 1, "x", 0, false, "a byte too many"},
    {USER, "ssh-connection", "publickey", 50, 1, "", 1, false, "a byte too few"},
};

static void build(const struct row *row, struct buf *buf)
{
    static const uint8_t session_id[32] = {7};
    buf_init(buf, 4096);
    buf_put_string(buf, session_id, sizeof session_id);
    buf_put_u8(buf, row->type);
    buf_put_string(buf, row->user, row->user_size);
    buf_put_text(buf, row->service);
    buf_put_text(buf, row->method);
    buf_put_u8(buf, row->has_signature);
    buf_put_text(buf, "ssh-ed25519");
    buf_put_text(buf, "a key");
    buf_put(buf, row->tail, strlen(row->tail));
}

static void signed_data_of_each_shape_parses_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct buf buf;
        struct signed_data data;
        build(&rows[i], &buf);
        struct bytes bytes = buf_view(&buf);
        bytes.size -= rows[i].cut;
        if (signed_data_parse(bytes, &data) != rows[i].parses) {
            fail_msg("%s", rows[i].why);
        }
        buf_done(&buf);
    }
}

static void signed_data_that_parses_gives_its_fields(void **state)
{
    (void)state;
    struct buf buf;
    struct signed_data data;
    build(&rows[0], &buf);
    assert_true(signed_data_parse(buf_view(&buf), &data));
    assert_string_equal(data.user, "laredo");
    assert_int_equal(data.session_id.size, 32);
    assert_int_equal(data.session_id.at[0], 7);
    assert_true(bytes_equal(data.algorithm, bytes_of_text("ssh-ed25519")));
    assert_true(bytes_equal(data.key, bytes_of_text("a key")));
    buf_done(&buf);
}

static void signed_data_cut_anywhere_does_not_parse(void **state)
{
    (void)state;
    struct buf buf;
    struct signed_data data;
    build(&rows[0], &buf);
    struct bytes whole = buf_view(&buf);
    for (size_t size = 0; size < whole.size; size++) {
        assert_false(signed_data_parse((struct bytes){whole.at, size}, &data));
    }
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_data_of_each_shape_parses_or_not),
        cmocka_unit_test(signed_data_that_parses_gives_its_fields),
        cmocka_unit_test(signed_data_cut_anywhere_does_not_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
