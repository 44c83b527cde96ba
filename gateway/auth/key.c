/*
 * Run by garita-auth on bytes from clients that are not logged in: every length is checked by
 * base/reader, every number for its one canonical form, and libcrypto sees only what passed.
 */
#include "auth/key.h"

#include <stdio.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include "base/reader.h"

enum { ED25519_SIZE = 32, RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192, EXPONENT_MAX = 5 };

struct algorithm {
    const char *name;
    const EVP_MD *(*digest)(void); /* NULL: the algorithm has its own */
};

struct kind {
    const char *type;
    const char *curve; /* SSH's name */
    const char *group; /* OpenSSL's */
    size_t point_size;
    struct algorithm algorithms[2];
    EVP_PKEY *(*make)(const struct kind *kind, struct reader *reader);
};

struct key {
    const struct kind *kind;
    EVP_PKEY *public;
};

static EVP_PKEY *make_ed25519(const struct kind *kind, struct reader *reader);
static EVP_PKEY *make_ecdsa(const struct kind *kind, struct reader *reader);
static EVP_PKEY *make_rsa(const struct kind *kind, struct reader *reader);

/* SECURITY: the algorithms by which anybody can log in. An algorithm belongs to one kind of
   key, so a signature can never be checked under another than its key's. */
static const struct kind kinds[] = {
    {.type = "ssh-ed25519", .algorithms = {{"ssh-ed25519", NULL}}, .make = make_ed25519},
    {.type = "ecdsa-sha2-nistp256",
     .curve = "nistp256",
     .group = "P-256",
     .point_size = 65,
     .algorithms = {{"ecdsa-sha2-nistp256", EVP_sha256}},
     .make = make_ecdsa},
    {.type = "ecdsa-sha2-nistp384",
     .curve = "nistp384",
     .group = "P-384",
     .point_size = 97,
     .algorithms = {{"ecdsa-sha2-nistp384", EVP_sha384}},
     .make = make_ecdsa},
    {.type = "ecdsa-sha2-nistp521",
     .curve = "nistp521",
     .group = "P-521",
     .point_size = 133,
     .algorithms = {{"ecdsa-sha2-nistp521", EVP_sha512}},
     .make = make_ecdsa},
    {.type = "ssh-rsa",
     .algorithms = {{"rsa-sha2-256", EVP_sha256}, {"rsa-sha2-512", EVP_sha512}},
     .make = make_rsa},
};

/* Builds a public key from parameters that were pushed; consumes the builder. */
static EVP_PKEY *make_from(const char *type, OSSL_PARAM_BLD *take_builder)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(take_builder);
    OSSL_PARAM_BLD_free(take_builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *made = NULL;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        made = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return made;
}

static EVP_PKEY *make_ed25519(const struct kind *kind, struct reader *reader)
{
    (void)kind;
    struct bytes point = reader_string(reader);
    if (!reader_finished(reader) || point.size != ED25519_SIZE) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.at, point.size);
}

static EVP_PKEY *make_ecdsa(const struct kind *kind, struct reader *reader)
{
    struct bytes curve = reader_string(reader);
    struct bytes point = reader_string(reader);
    /* RFC 5656 lets a point be compressed; nobody sends that, and two forms of one key would
       be two keys. */
    if (!reader_finished(reader) || !bytes_equal(curve, bytes_of_text(kind->curve)) ||
        point.size != kind->point_size || point.at[0] != 4) {
        return NULL;
    }
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (!builder) {
        return NULL;
    }
    /* A point that is not on the curve is refused by EVP_PKEY_fromdata. */
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, kind->group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.at,
                                     point.size);
    return make_from("EC", builder);
}

/* An mpint (RFC 4251 section 5) that is positive and has no needless zero in front. */
static bool is_positive(struct bytes number)
{
    if (number.size == 0 || (number.at[0] & 0x80) != 0) {
        return false;
    }
    return number.at[0] != 0 || (number.size > 1 && (number.at[1] & 0x80) != 0);
}

static bool rsa_sizes_are_right(const BIGNUM *n, const BIGNUM *e)
{
    int bits = BN_num_bits(n);
    return bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST && BN_is_odd(n) &&
           BN_is_odd(e) && !BN_is_one(e);
}

static EVP_PKEY *make_rsa(const struct kind *kind, struct reader *reader)
{
    (void)kind;
    struct bytes exponent = reader_string(reader);
    struct bytes modulus = reader_string(reader);
    if (!reader_finished(reader) || !is_positive(exponent) || !is_positive(modulus) ||
        exponent.size > EXPONENT_MAX || modulus.size > RSA_BITS_MOST / 8 + 1) {
        return NULL;
    }
    BIGNUM *e = BN_bin2bn(exponent.at, (int)exponent.size, NULL);
    BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.size, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *made = NULL;
    if (e && n && builder && rsa_sizes_are_right(n, e)) {
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
        made = make_from("RSA", builder);
        builder = NULL;
    }
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return made;
}

static const struct kind *find_kind(struct bytes type)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (bytes_equal(type, bytes_of_text(kinds[i].type))) {
            return &kinds[i];
        }
    }
    return NULL;
}

struct key *key_parse(struct bytes blob, struct err *err)
{
    if (blob.size > KEY_BLOB_MAX) {
        err_set(err, ERR_LIMIT, "The public key is too long.");
        return NULL;
    }
    struct reader reader = reader_of(blob);
    const struct kind *kind = find_kind(reader_string(&reader));
    if (!kind) {
        err_set(err, ERR_INPUT, "Public keys of this kind are not accepted.");
        return NULL;
    }
    AUTO(key) key = calloc(1, sizeof *key);
    if (!key) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    key->kind = kind;
    key->public = kind->make(kind, &reader);
    if (!key->public) {
        err_set(err, ERR_INPUT, "The public key is malformed, too short or too long.");
        return NULL;
    }
    return TAKE_PTR(key);
}

void key_free(struct key *key)
{
    if (key) {
        EVP_PKEY_free(key->public);
        free(key);
    }
}

const char *key_type(const struct key *key)
{
    return key->kind->type;
}

static const struct algorithm *find_algorithm(const struct kind *kind, struct bytes name)
{
    for (size_t i = 0; i < ARRAY_SIZE(kind->algorithms); i++) {
        const struct algorithm *algorithm = &kind->algorithms[i];
        if (algorithm->name && bytes_equal(name, bytes_of_text(algorithm->name))) {
            return algorithm;
        }
    }
    return NULL;
}

bool key_verify(const struct key *key, struct bytes algorithm, struct bytes data,
                struct bytes signature)
{
    const struct algorithm *found = find_algorithm(key->kind, algorithm);
    if (!found || signature.size == 0 || signature.size > KEY_SIGNATURE_MAX) {
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = found->digest ? found->digest() : NULL;
    bool verified =
        context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key->public) == 1 &&
        EVP_DigestVerify(context, signature.at, signature.size, data.at, data.size) == 1;
    EVP_MD_CTX_free(context);
    return verified;
}

void key_fingerprint(struct bytes blob, char text[KEY_FINGERPRINT_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char encoded[48];
    SHA256(blob.at, blob.size, digest);
    EVP_EncodeBlock((uint8_t *)encoded, digest, sizeof digest);
    /* Without the padding, as ssh-keygen prints it. */
    snprintf(text, KEY_FINGERPRINT_SIZE, "SHA256:%.43s", encoded);
}
