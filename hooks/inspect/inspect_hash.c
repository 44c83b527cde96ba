/*
 * The digest under which a document is known for ever. An inspector's child, before anything
 * in it has parsed the file: the digest is told even if the file then brings the child down.
 */
#include "hooks/inspect/inspect_tools.h"

#include <errno.h>
#include <unistd.h>

#include "base/auto.h"

enum { BLOCK = 256 * 1024 };

struct digest {
    EVP_MD_CTX *context;
};

static void digest_done(struct digest *digest)
{
    EVP_MD_CTX_free(digest->context);
}

static bool digest_file(EVP_MD_CTX *digest, int fd, uint8_t *block, uint64_t *size,
                        struct err *err)
{
    uint64_t total = 0;
    for (;;) {
        ssize_t got = pread(fd, block, BLOCK, (off_t)total);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_sys(err, errno, "read the file at byte %llu",
                           (unsigned long long)total);
        }
        if (got == 0) {
            *size = total;
            return true;
        }
        if (EVP_DigestUpdate(digest, block, (size_t)got) != 1) {
            return err_set(err, ERR_SYSTEM, "SHA-256 failed");
        }
        total += (uint64_t)got;
    }
}

bool inspect_hash(const struct inspect_tools *tools, int fd,
                  uint8_t sha256[INSPECT_HASH_SIZE], uint64_t *size, struct err *err)
{
    static uint8_t block[BLOCK]; /* an inspector hashes one file at a time */
    __attribute__((cleanup(digest_done))) struct digest digest = {EVP_MD_CTX_new()};
    if (!digest.context) {
        return err_sys(err, ENOMEM, "SHA-256");
    }
    if (EVP_DigestInit_ex2(digest.context, tools->sha256, NULL) != 1) {
        return err_set(err, ERR_SYSTEM, "SHA-256 is not available");
    }
    uint64_t total = 0;
    if (!digest_file(digest.context, fd, block, &total, err)) {
        return false;
    }
    uint8_t result[EVP_MAX_MD_SIZE];
    unsigned result_size = 0;
    if (EVP_DigestFinal_ex(digest.context, result, &result_size) != 1 ||
        result_size != INSPECT_HASH_SIZE) {
        return err_set(err, ERR_SYSTEM, "SHA-256 failed");
    }
    memcpy(sha256, result, INSPECT_HASH_SIZE);
    *size = total;
    return true;
}
