/*
 * Private keys in every form in which people send them by mistake. Made here, by libcrypto.
 */
#include "support/inspect_files.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "hooks/inspect/inspect.h"

static bool holds_key(struct bytes bytes, const char *extension)
{
    struct inspect_content content = {.bytes = bytes, .size = bytes.size};
    strcpy(content.extension, extension);
    return inspect_key(&content);
}

static bool bio_holds_key(BIO *bio)
{
    char *at = NULL;
    long size = BIO_get_mem_data(bio, &at);
    bool found = holds_key((struct bytes){(uint8_t *)at, (size_t)size}, "bin");
    BIO_free(bio);
    return found;
}

static EVP_PKEY *key;
static char password[] = "word";

static int make_key(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return key ? 0 : -1;
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static void inspect_key_pem_is_found(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    assert_true(bio_holds_key(bio));
    bio = BIO_new(BIO_s_mem());
    assert_true(
        PEM_write_bio_PrivateKey(bio, key, EVP_aes_256_cbc(), NULL, 0, NULL, password));
    assert_true(bio_holds_key(bio));
}

static void inspect_key_pkcs8_der_is_found_encrypted_or_not(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL));
    assert_true(bio_holds_key(bio));
    bio = BIO_new(BIO_s_mem()); /* the form of the e.firma's .key */
    assert_true(
        i2d_PKCS8PrivateKey_bio(bio, key, EVP_des_ede3_cbc(), NULL, 0, NULL, password));
    assert_true(bio_holds_key(bio));
}

static void inspect_key_bare_der_is_found(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(i2d_PrivateKey_bio(bio, key));
    assert_true(bio_holds_key(bio));
    EVP_PKEY *rsa = EVP_RSA_gen(1024);
    bio = BIO_new(BIO_s_mem());
    assert_true(i2d_PrivateKey_bio(bio, rsa));
    assert_true(bio_holds_key(bio));
    EVP_PKEY_free(rsa);
}

static void inspect_key_pkcs12_is_found(void **state)
{
    (void)state;
    PKCS12 *container =
        PKCS12_create(password, "name", key, NULL, NULL, 0, NID_undef, 1, 1, 0);
    assert_non_null(container);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(i2d_PKCS12_bio(bio, container));
    assert_true(bio_holds_key(bio));
    PKCS12_free(container);
}

static void inspect_key_public_halves_are_none(void **state)
{
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(i2d_PUBKEY_bio(bio, key));
    assert_false(bio_holds_key(bio));
    bio = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_PUBKEY(bio, key));
    assert_false(bio_holds_key(bio));
    /* A certificate in DER, the .cer that is sent beside the key. */
    X509 *certificate = X509_new();
    X509_set_pubkey(certificate, key);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 60);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    bio = BIO_new(BIO_s_mem());
    assert_true(i2d_X509_bio(bio, certificate));
    assert_false(bio_holds_key(bio));
    X509_free(certificate);
}

static void inspect_key_digest_of_a_signature_is_none(void **state)
{
    (void)state;
    /* DigestInfo has the shape of an encrypted key. */
    static const uint8_t info[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03,
                                   0x02, 0x1a, 0x05, 0x00, 0x04, 0x14, 0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0,    0};
    assert_false(holds_key((struct bytes){info, sizeof info}, "bin"));
}

static void inspect_key_extension_and_texts(void **state)
{
    (void)state;
    assert_true(holds_key(bytes_of_text("anything"), "key"));
    assert_true(holds_key(bytes_of_text("anything"), "pfx"));
    assert_false(holds_key(bytes_of_text("anything"), "pem"));
    assert_true(holds_key(bytes_of_text("PuTTY-User-Key-File-3: ssh-ed25519"), "txt"));
    assert_true(holds_key(bytes_of_text("x\n-----BEGIN CERTIFICATE-----\nMII\n"
                                        "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
                          "txt"));
    assert_true(
        holds_key(bytes_of_text("-----BEGIN PGP PRIVATE KEY BLOCK-----\n"), "asc"));
    assert_false(
        holds_key(bytes_of_text("-----BEGIN CERTIFICATE-----\nPRIVATE KEY"), "txt"));
    assert_false(holds_key(bytes_of_text("Never send your PRIVATE KEY"), "txt"));
    assert_false(holds_key(bytes_of_text("-----BEGIN "), "txt"));
    assert_false(holds_key(bytes_of_text(""), "txt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspect_key_pem_is_found),
        cmocka_unit_test(inspect_key_pkcs8_der_is_found_encrypted_or_not),
        cmocka_unit_test(inspect_key_bare_der_is_found),
        cmocka_unit_test(inspect_key_pkcs12_is_found),
        cmocka_unit_test(inspect_key_public_halves_are_none),
        cmocka_unit_test(inspect_key_digest_of_a_signature_is_none),
        cmocka_unit_test(inspect_key_extension_and_texts),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
