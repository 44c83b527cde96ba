/*
 * Does the file hold a private key? An inspector's child. Clients do send the .key of their
 * e.firma or seal by mistake, which is PKCS#8 in DER, encrypted or not. libcrypto takes such
 * structures apart; nothing is decrypted and no password tried.
 */
#include "hooks/inspect/inspect.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

/* A key is never larger; PEM text is looked for in the head of longer files, too. */
enum { KEY_MAX = 64 * 1024 };

static const char *const extensions[] = {"key", "pfx", "p12", "jks", "ppk", "p8", "pk8"};

/* "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----", ... */
static bool has_pem_label(struct bytes bytes)
{
    static const char start[] = "-----BEGIN ";
    static const char word[] = "PRIVATE KEY";
    enum { LABEL_MAX = 64 };
    size_t at = 0;
    while (at + sizeof start - 1 <= bytes.size) {
        const uint8_t *found =
            memmem(&bytes.at[at], bytes.size - at, start, sizeof start - 1);
        if (!found) {
            return false;
        }
        at = (size_t)(found - bytes.at) + sizeof start - 1;
        size_t rest = bytes.size - at < LABEL_MAX ? bytes.size - at : LABEL_MAX;
        const uint8_t *line_end = memchr(&bytes.at[at], '\n', rest);
        size_t line = line_end ? (size_t)(line_end - &bytes.at[at]) : rest;
        if (memmem(&bytes.at[at], line, word, sizeof word - 1)) {
            return true;
        }
    }
    return false;
}

static bool has_text_key(struct bytes bytes)
{
    static const char putty[] = "PuTTY-User-Key-File-";
    size_t size = bytes.size < KEY_MAX ? bytes.size : KEY_MAX;
    bool is_putty =
        size >= sizeof putty - 1 && memcmp(bytes.at, putty, sizeof putty - 1) == 0;
    return is_putty || has_pem_label((struct bytes){bytes.at, size});
}

static bool is_pkcs8(const uint8_t *der, long size)
{
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, size);
    PKCS8_PRIV_KEY_INFO_free(info);
    return info != NULL;
}

/* The same structure holds a digest in a signature: only password-based encryption counts. */
static bool is_encrypted_pkcs8(const uint8_t *der, long size)
{
    X509_SIG *envelope = d2i_X509_SIG(NULL, &der, size);
    if (!envelope) {
        return false;
    }
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    X509_SIG_get0(envelope, &algorithm, NULL);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int nid = OBJ_obj2nid(object);
    bool is_pbe =
        nid == NID_pbes2 || EVP_PBE_find(EVP_PBE_TYPE_OUTER, nid, NULL, NULL, NULL);
    X509_SIG_free(envelope);
    return is_pbe;
}

static bool is_pkcs12(const uint8_t *der, long size)
{
    PKCS12 *container = d2i_PKCS12(NULL, &der, size);
    PKCS12_free(container);
    return container != NULL;
}

/* PKCS#1 and SEC 1. */
static bool is_bare_key(const uint8_t *der, long size)
{
    const uint8_t *rsa_der = der;
    EVP_PKEY *rsa = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &rsa_der, size);
    EVP_PKEY *ec = rsa ? NULL : d2i_PrivateKey(EVP_PKEY_EC, NULL, &der, size);
    bool found = rsa || ec;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return found;
}

static bool has_der_key(struct bytes bytes)
{
    enum { SEQUENCE = 0x30 };
    if (bytes.size < 16 || bytes.size > KEY_MAX || bytes.at[0] != SEQUENCE) {
        return false;
    }
    long size = (long)bytes.size;
    bool found = is_pkcs8(bytes.at, size) || is_encrypted_pkcs8(bytes.at, size) ||
                 is_pkcs12(bytes.at, size) || is_bare_key(bytes.at, size);
    ERR_clear_error();
    return found;
}

bool inspect_key(const struct inspect_content *content)
{
    for (size_t at = 0; at < ARRAY_SIZE(extensions); at++) {
        if (strcmp(content->extension, extensions[at]) == 0) {
            return true;
        }
    }
    return has_text_key(content->bytes) || has_der_key(content->bytes);
}
