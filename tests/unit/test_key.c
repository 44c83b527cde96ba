/*
 * Public keys and signatures. The keys were made by ssh-keygen, which also told the fingerprints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/key.h"
#include "base/buf.h"

/* clang-format off */
#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOFI8iPNXnvq4w5cDYO4c6sL16A0zpzUbWTjM+xxi2h0"
#define P256 "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKuYKY2Y4pRSD3Z3muRqDEKfdf/ivYC3/9hC34g/2k8d2QGMAvvyq/RA3StOlmjLlKJ4HgQ1DbMpXxVHrRe6uDw="
#define P521 "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAEdPMP7e98dFLjAxxGkkv16mKxY00YpdpOgm18pMQ0lWE45R2CoDNO8ZAKHF+ekLt8dZAkknckHuIeoiNN9YPTfUQBYQgpQFvzKUOLW/jnJbYm14ZfnhLpV/Cjto3SkBa0zPUXele3T+QNwqwqE3XUdUS7ByMmKl6gOYUOkB5agNta8dA=="
#define RSA2048 "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDdCzdQQoeoy9Hv53He4kW8MT7sy8+qcwR8h187ss0LEuWZdq9WS9Aqu99I3I7s2//i1/A96I0gg7az59k3tx7cAAom1ZkqyZosWkigNwfyNPicqEg5S2r/SkyBj/CYhqR50virw9s4ZAOfzqGncKPz/IsrMgoaqiA6C88JtCCM5EashUfJZyeGerZn68mI3a1u95dCVT6RaqgbjcX+lOyVTECllR1vAMd2fQsy3M2yHTsO1Mtwl16qQQMWTgxPSqqVhi2MWgHF8m3aIXgLtYTGe8sI5KVjB3WlRHQuyr5mpFqHIhEd7nzB3jjo2d4CHH3G/l2LqA8rIftDdKAw1wQH"
#define RSA1024 "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCnBI/e/fkzoo/YTU9/scQwVPmxuUzjJH0RyZto1Akqdp0wVyPKAkKMsJDFq+cE1llA1PaC79IoqKe05so0PtNKHfuY1Xwy5ry0H79x9+j3sFjyBLtAe7q30Jx1m5bO2y0EBLUb+UVerZLemLILkeTdaP5ur5NVbnIxlJeK+LP/ow=="
/* clang-format on */

struct row {
    const char *line;
    const char *fingerprint; /* NULL: refused */
    const char *comment;
    const char *why;
};

static const struct row rows[] = {
    {ED25519 " prueba ked25519", "SHA256:MiVAqyyGkA43672Vgs1ADO7rFlJ3DXR7XKCIeHtjVCI",
     "prueba ked25519", "Ed25519"},
    {ED25519, "SHA256:MiVAqyyGkA43672Vgs1ADO7rFlJ3DXR7XKCIeHtjVCI", "", "no comment"},
    {"  " ED25519 "\tuno \x1b[31m\r\n",
     "SHA256:MiVAqyyGkA43672Vgs1ADO7rFlJ3DXR7XKCIeHtjVCI", "uno ?[31m",
     "blanks around, a terminal's escape in the comment"},
    {P256, "SHA256:klRg7O8XOzdW/U+Ie6mv/pwErTKH2htiF51d4RRJO5M", "", "P-256"},
    {P521, "SHA256:ep3+lNRDiU80J91/Tou/NEwOj+QuY/5o0rmOuSts3ks", "", "P-521"},
    {RSA2048, "SHA256:57iYksUFQtaIG81KoLyRG0bo/FaUOPz7f67RdNuQhoQ", "", "RSA"},
    {RSA1024, NULL, "", "RSA of 1,024 bits"},
    {"from=\"10.0.0.1\" " ED25519, NULL, "", "options before it"},
    {"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOFI8iPNXnvq4w5cDYO4c6sL16A0zpzUbWTjM+xxi2h0", NULL,
     "", "another kind before it"},
    {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOFI8iPNXnvq4w5cDYO4c6sL16A0zpzUbWTjM+xxi2g=",
     NULL, "", "a byte too few"},
    {"ssh-ed25519 "
     "AAAAC3NzaC1lZDI1NTE5AAAAIOFI8iPNXnvq4w5cDYO4c6sL16A0zpzUbWTjM+xxi2h0AAAA",
     NULL, "", "bytes too many"},
    {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOFI8iPN!nvq4w5cDYO4c6sL16A0zpzUbWTjM+xxi2h0",
     NULL, "", "not base64"},
    {"ssh-ed25519 AAAA=AAA", NULL, "", "padding within"},
    {"ssh-ed25519", NULL, "", "no key"},
    {"", NULL, "", "nothing"},
};

static void check_row(const struct row *row)
{
    struct key_line line;
    char fingerprint[KEY_FINGERPRINT_SIZE];
    bool taken = key_line_parse(row->line, &line, NULL);
    if (taken != (row->fingerprint != NULL)) {
        fail_msg("%s", row->why);
    }
    if (taken) {
        key_fingerprint((struct bytes){line.blob, line.blob_size}, fingerprint);
        assert_string_equal(fingerprint, row->fingerprint);
        assert_string_equal(line.comment, row->comment);
    }
}

static void key_lines_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        check_row(&rows[i]);
    }
}

static struct key *read_key(const char *text)
{
    struct key_line line;
    assert_true(key_line_parse(text, &line, NULL));
    struct key *key = key_parse((struct bytes){line.blob, line.blob_size}, NULL);
    assert_non_null(key);
    return key;
}

static void key_of_the_signer_alone_verifies(void **state)
{
    (void)state;
    static const char text[] =
        "53bbe6f2d215e0aedf537eef91a44877bff6c1bbc87f5f50c6dab4861e5a60be"
        "fa8a1877d88459ddf49a5e4c081ff54576ac088854c2e64c44c4c2513d820603";
    uint8_t raw[64];
    assert_true(hex_decode(text, raw, sizeof raw));
    struct bytes signature = {raw, sizeof raw};
    struct bytes message = bytes_of_text("garita: a message to verify");
    struct bytes algorithm = bytes_of_text("ssh-ed25519");
    AUTO(key) key = read_key(ED25519);
    AUTO(key) other = read_key(P256);
    assert_true(key_verify(key, algorithm, message, signature));
    assert_false(key_verify(key, algorithm, bytes_of_text("garita: another"), signature));
    assert_false(key_verify(key, bytes_of_text("rsa-sha2-256"), message, signature));
    assert_false(key_verify(other, algorithm, message, signature));
    assert_false(key_verify(key, algorithm, message, (struct bytes){raw, 63}));
    assert_false(key_verify(key, algorithm, message, (struct bytes){raw, 0}));
    raw[5] ^= 1;
    assert_false(key_verify(key, algorithm, message, signature));
}

static void key_with_rsa_has_no_sha1(void **state)
{
    (void)state;
    static const uint8_t nothing[256];
    AUTO(key) key = read_key(RSA2048);
    assert_false(key_verify(key, bytes_of_text("ssh-rsa"), bytes_of_text("x"),
                            (struct bytes){nothing, sizeof nothing}));
    assert_string_equal(key_type(key), "ssh-rsa");
}

static void put_rsa(struct buf *buf, const char *exponent, size_t exponent_size,
                    uint8_t first, size_t modulus_size)
{
    uint8_t modulus[1100];
    memset(modulus, 0xff, sizeof modulus);
    modulus[0] = first;
    buf_init(buf, 4096);
    buf_put_text(buf, "ssh-rsa");
    buf_put_string(buf, exponent, exponent_size);
    buf_put_string(buf, modulus, modulus_size);
}

struct rsa_row {
    const char *exponent;
    size_t exponent_size;
    uint8_t first;
    size_t modulus_size;
    bool taken;
    const char *why;
};

static const struct rsa_row rsa_rows[] = {
    {"\1\0\1", 3, 0, 257, true, "2,048 bits"},
    {"\3", 1, 0, 1025, true, "8,192 bits, exponent 3"},
    {"\1\0\1", 3, 0, 1026, false, "8,200 bits"},
    {"\1\0\1", 3, 0, 256, false, "2,040 bits"},
    {"\1\0\1", 3, 0xff, 257, false, "a negative modulus"},
    {"\0\1\0\1", 4, 0, 257, false, "a needless zero"},
    {"\1", 1, 0, 257, false, "exponent 1: every signature verifies"},
    {"\1\0\2", 3, 0, 257, false, "an even exponent"},
    {"", 0, 0, 257, false, "no exponent"},
    {"\1\0\0\0\0\1", 6, 0, 257, false, "an exponent that costs"},
};

static void key_with_rsa_numbers_is_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rsa_rows); i++) {
        const struct rsa_row *row = &rsa_rows[i];
        struct buf buf;
        put_rsa(&buf, row->exponent, row->exponent_size, row->first, row->modulus_size);
        AUTO(key) key = key_parse(buf_view(&buf), NULL);
        buf_done(&buf);
        if ((key != NULL) != row->taken) {
            fail_msg("%s", row->why);
        }
    }
}

static void key_with_a_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    struct key_line line;
    assert_true(key_line_parse(P256, &line, NULL));
    line.blob[line.blob_size - 1] ^= 1;
    assert_null(key_parse((struct bytes){line.blob, line.blob_size}, NULL));
    line.blob[line.blob_size - 1] ^= 1;
    line.blob[line.blob_size - 65] = 3;
    assert_null(key_parse((struct bytes){line.blob, line.blob_size}, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_lines_are_taken_or_refused),
        cmocka_unit_test(key_of_the_signer_alone_verifies),
        cmocka_unit_test(key_with_rsa_has_no_sha1),
        cmocka_unit_test(key_with_rsa_numbers_is_taken_or_refused),
        cmocka_unit_test(key_with_a_point_off_the_curve_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
