/*
 * Makes a host key and puts it on disk. Run by `garita-keys create`, by hand, never by the role.
 * The private half never exists in a file that others could read, not even for a moment, and
 * no key that exists is ever overwritten.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/fd.h"
#include "keys/host_key.h"
#include "keys/host_key_file.h"

static bool make_pem(uint8_t pem[HOST_KEY_PEM_SIZE], struct err *err)
{
    AUTO_SECRET(der, HOST_KEY_DER_SIZE);
    AUTO_SECRET(text, HOST_KEY_PEM_TEXT_SIZE + 1);
    memcpy(der, host_key_der_head, HOST_KEY_DER_HEAD_SIZE);
    if (RAND_priv_bytes(der + HOST_KEY_DER_HEAD_SIZE,
                        HOST_KEY_DER_SIZE - HOST_KEY_DER_HEAD_SIZE) != 1) {
        return err_set(err, ERR_SYSTEM, "no randomness for a key");
    }
    EVP_EncodeBlock(text, der, HOST_KEY_DER_SIZE);
    memcpy(pem, HOST_KEY_PEM_HEAD, HOST_KEY_PEM_HEAD_SIZE);
    memcpy(pem + HOST_KEY_PEM_HEAD_SIZE, text, HOST_KEY_PEM_TEXT_SIZE);
    memcpy(pem + HOST_KEY_PEM_HEAD_SIZE + HOST_KEY_PEM_TEXT_SIZE, HOST_KEY_PEM_TAIL,
           HOST_KEY_PEM_TAIL_SIZE);
    return true;
}

static bool write_file(int folder, const char *name, mode_t mode, struct bytes bytes,
                       struct err *err)
{
    AUTO_CLOSE int fd =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        return err_sys(err, errno, "make %s", name);
    }
    /* fchmod: the umask must not take the public file's rights away. */
    if (fchmod(fd, mode) != 0 || !fd_write_all(fd, bytes.at, bytes.size, err)) {
        return err_sys(err, errno, "write %s", name);
    }
    if (fsync(fd) != 0) {
        return err_sys(err, errno, "sync %s", name);
    }
    int written = TAKE_FD(fd);
    if (close(written) != 0) {
        return err_sys(err, errno, "close %s", name);
    }
    return true;
}

static bool write_public(int folder, const char *directory, struct err *err)
{
    AUTO(host_key) key = host_key_read(directory, err);
    if (!key) {
        return false;
    }
    char line[HOST_KEY_LINE_SIZE];
    char text[HOST_KEY_LINE_SIZE + 16];
    host_key_line(key, line);
    snprintf(text, sizeof text, "%s garita\n", line);
    if (unlinkat(folder, HOST_KEY_PUBLIC_FILE, 0) != 0 && errno != ENOENT) {
        return err_sys(err, errno, "remove an old %s", HOST_KEY_PUBLIC_FILE);
    }
    return write_file(folder, HOST_KEY_PUBLIC_FILE, 0644, bytes_of_text(text), err);
}

bool host_key_create(const char *directory, struct err *err)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        return err_sys(err, errno, "make directory %s", directory);
    }
    AUTO_CLOSE int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return err_sys(err, errno, "open directory %s", directory);
    }
    AUTO_SECRET(pem, HOST_KEY_PEM_SIZE);
    if (!make_pem(pem, err) ||
        !write_file(folder, HOST_KEY_FILE, 0400, (struct bytes){pem, sizeof pem}, err) ||
        !write_public(folder, directory, err)) {
        return false;
    }
    if (fsync(folder) != 0) {
        return err_sys(err, errno, "sync %s", directory);
    }
    return true;
}
