/*
 * Reading, naming and using the host key. Run by garita-keys, which trusts the file once its
 * owner and mode are right. PKCS#8 of an Ed25519 key has one form only (RFC 8410 section 7), so
 * it is compared byte by byte: no general PEM or ASN.1 reader, and no copies of the key that such
 * a reader leaves in memory. host_key_create.c makes the file.
 */
#include "keys/host_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "keys/host_key_file.h"

enum {
    SECURE_HEAP_SIZE = 32768, /* bytes; half of the usual RLIMIT_MEMLOCK */
    SECURE_HEAP_LEAST = 32,
    SEED_SIZE = 32,
    PUBLIC_SIZE = 32,
    BLOB_SIZE = 4 + 11 + 4 + PUBLIC_SIZE
};

struct host_key {
    EVP_PKEY *pair;
    uint8_t blob[BLOB_SIZE];
};

const uint8_t host_key_der_head[HOST_KEY_DER_HEAD_SIZE] = {
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
    0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

bool host_key_init(struct err *err)
{
    /* No openssl.cnf: what the key's process does must not depend on a file of the system. */
    if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL)) {
        return err_set(err, ERR_SYSTEM, "libcrypto does not start");
    }
    if (CRYPTO_secure_malloc_init(SECURE_HEAP_SIZE, SECURE_HEAP_LEAST) != 1) {
        return err_set(err, ERR_SYSTEM,
                       "cannot lock memory for keys (raise RLIMIT_MEMLOCK to 64 KiB)");
    }
    return true;
}

/* SECURITY: a key that others could read is a key that they have. */
static bool check_file(int fd, const char *path, struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return err_sys(err, errno, "look at %s", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return err_set(err, ERR_INPUT, "%s is not a regular file", path);
    }
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
        return err_set(err, ERR_INPUT, "%s belongs to user %u, not to root or us", path,
                       (unsigned)status.st_uid);
    }
    mode_t mode = status.st_mode & 07777;
    if (mode != 0400 && mode != 0600) {
        return err_set(err, ERR_INPUT, "%s has mode %04o; it must be 0400 or 0600", path,
                       (unsigned)mode);
    }
    return true;
}

static bool read_file(const char *directory, uint8_t pem[HOST_KEY_PEM_SIZE + 1],
                      struct err *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", directory, HOST_KEY_FILE) >=
        (int)sizeof path) {
        return err_set(err, ERR_INPUT, "the directory's name is too long");
    }
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return err_set(err, ERR_NOT_FOUND,
                       "no host key: make it with: garita-keys create %s", directory);
    }
    if (fd < 0) {
        return err_sys(err, errno, "open %s", path);
    }
    if (!check_file(fd, path, err)) {
        return false;
    }
    /* One byte more than it may have, to see that it ends there. */
    ssize_t size = read(fd, pem, HOST_KEY_PEM_SIZE + 1);
    if (size < 0) {
        return err_sys(err, errno, "read %s", path);
    }
    if (size != HOST_KEY_PEM_SIZE) {
        return err_set(err, ERR_INPUT, "%s is not an Ed25519 key in PKCS#8 PEM form",
                       path);
    }
    return true;
}

static bool read_seed(const uint8_t pem[HOST_KEY_PEM_SIZE], uint8_t seed[SEED_SIZE],
                      struct err *err)
{
    AUTO_SECRET(der, HOST_KEY_DER_SIZE);
    const uint8_t *text = pem + HOST_KEY_PEM_HEAD_SIZE;
    bool framed = memcmp(pem, HOST_KEY_PEM_HEAD, HOST_KEY_PEM_HEAD_SIZE) == 0 &&
                  memcmp(text + HOST_KEY_PEM_TEXT_SIZE, HOST_KEY_PEM_TAIL,
                         HOST_KEY_PEM_TAIL_SIZE) == 0;
    if (!framed ||
        EVP_DecodeBlock(der, text, HOST_KEY_PEM_TEXT_SIZE) != HOST_KEY_DER_SIZE ||
        memcmp(der, host_key_der_head, HOST_KEY_DER_HEAD_SIZE) != 0) {
        return err_set(err, ERR_INPUT, "%s is not an Ed25519 key in PKCS#8 PEM form",
                       HOST_KEY_FILE);
    }
    memcpy(seed, der + HOST_KEY_DER_HEAD_SIZE, SEED_SIZE);
    return true;
}

static bool make_blob(EVP_PKEY *pair, uint8_t blob[BLOB_SIZE], struct err *err)
{
    uint8_t half[PUBLIC_SIZE];
    size_t size = sizeof half;
    if (EVP_PKEY_get_raw_public_key(pair, half, &size) != 1 || size != sizeof half) {
        return err_set(err, ERR_SYSTEM, "libcrypto gives no public key");
    }
    struct buf buf;
    buf_init(&buf, BLOB_SIZE);
    buf_put_text(&buf, "ssh-ed25519");
    buf_put_string(&buf, half, size);
    bool whole = !buf.failed && buf_size(&buf) == BLOB_SIZE;
    if (whole) {
        memcpy(blob, buf_view(&buf).at, BLOB_SIZE);
    }
    buf_done(&buf);
    return whole || err_set(err, ERR_SYSTEM, "out of memory");
}

struct host_key *host_key_read(const char *directory, struct err *err)
{
    AUTO_SECRET(pem, HOST_KEY_PEM_SIZE + 1);
    AUTO_SECRET(seed, SEED_SIZE);
    if (!read_file(directory, pem, err) || !read_seed(pem, seed, err)) {
        return NULL;
    }
    AUTO(host_key) key = calloc(1, sizeof *key);
    if (!key) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    key->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_SIZE);
    if (!key->pair) {
        err_set(err, ERR_SYSTEM, "libcrypto does not take the host key");
        return NULL;
    }
    if (!make_blob(key->pair, key->blob, err)) {
        return NULL;
    }
    return TAKE_PTR(key);
}

void host_key_free(struct host_key *key)
{
    if (key) {
        EVP_PKEY_free(key->pair);
        free(key);
    }
}

struct bytes host_key_blob(const struct host_key *key)
{
    return (struct bytes){key->blob, sizeof key->blob};
}

void host_key_fingerprint(const struct host_key *key,
                          char text[HOST_KEY_FINGERPRINT_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char encoded[48];
    SHA256(key->blob, sizeof key->blob, digest);
    EVP_EncodeBlock((uint8_t *)encoded, digest, sizeof digest);
    /* Without the padding, as ssh-keygen prints it. */
    snprintf(text, HOST_KEY_FINGERPRINT_SIZE, "SHA256:%.43s", encoded);
}

void host_key_line(const struct host_key *key, char text[HOST_KEY_LINE_SIZE])
{
    char encoded[72];
    EVP_EncodeBlock((uint8_t *)encoded, key->blob, sizeof key->blob);
    snprintf(text, HOST_KEY_LINE_SIZE, "ssh-ed25519 %s", encoded);
}

bool host_key_sign(const struct host_key *key, struct bytes message,
                   uint8_t signature[HOST_KEY_SIGNATURE_SIZE], struct err *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = HOST_KEY_SIGNATURE_SIZE;
    bool made =
        context && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair) == 1 &&
        EVP_DigestSign(context, signature, &size, message.at, message.size) == 1 &&
        size == HOST_KEY_SIGNATURE_SIZE;
    EVP_MD_CTX_free(context);
    return made || err_set(err, ERR_SYSTEM, "libcrypto does not sign");
}
