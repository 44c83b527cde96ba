/*
 * Descriptors. Every process. Whole writes wait on a descriptor that is not ready only
 * when it is a blocking one; on others they fail with EAGAIN.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"

enum {
    FD_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
    FD_READ_FIRST = 4096
};

bool fd_set_nonblocking(int fd, bool on, struct err *err)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return err_sys(err, errno, "read flags of descriptor %d", fd);
    }
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (fcntl(fd, F_SETFL, flags) < 0) {
        return err_sys(err, errno, "set flags of descriptor %d", fd);
    }
    return true;
}

bool fd_write_all(int fd, const void *bytes, size_t size, struct err *err)
{
    const char *at = bytes;
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(fd, at + done, size - done);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return err_sys(err, errno, "write to descriptor %d", fd);
        }
        done += (size_t)written;
    }
    return true;
}

/* Makes *memory hold `needed` bytes and a NUL, doubling up to the ceiling. */
static bool grow(char **memory, size_t *capacity, size_t ceiling)
{
    size_t larger = *capacity == 0 ? FD_READ_FIRST : *capacity * 2;
    if (larger > ceiling + 1 || larger < *capacity) {
        larger = ceiling + 1; /* one more than allowed, to see that there is more */
    }
    char *grown = realloc(*memory, larger + 1);
    if (!grown) {
        return false;
    }
    *memory = grown;
    *capacity = larger;
    return true;
}

char *fd_read_all(int fd, size_t ceiling, size_t *size, struct err *err)
{
    if (ceiling >= SSIZE_MAX) {
        bug("fd_read_all: ceiling %zu", ceiling);
    }
    AUTO_FREE char *memory = NULL;
    size_t capacity = 0;
    size_t used = 0;
    for (;;) {
        if (used == capacity && !grow(&memory, &capacity, ceiling)) {
            err_sys(err, ENOMEM, "read descriptor %d", fd);
            return NULL;
        }
        ssize_t got = read(fd, memory + used, capacity - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            err_sys(err, errno, "read descriptor %d", fd);
            return NULL;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
        if (used > ceiling) {
            err_set(err, ERR_LIMIT, "file is larger than %zu bytes", ceiling);
            return NULL;
        }
    }
    memory[used] = '\0';
    *size = used;
    return TAKE_PTR(memory);
}

int fd_sealed(const char *name, struct bytes contents, struct err *err)
{
    AUTO_CLOSE int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        err_sys(err, errno, "make memory file %s", name);
        return -1;
    }
    if (!fd_write_all(fd, contents.at, contents.size, err)) {
        return -1;
    }
    if (lseek(fd, 0, SEEK_SET) != 0 || fcntl(fd, F_ADD_SEALS, FD_SEALS) < 0) {
        err_sys(err, errno, "seal memory file %s", name);
        return -1;
    }
    return TAKE_FD(fd);
}

bool fd_is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & FD_SEALS) == FD_SEALS;
}

void fd_close_from(int lowest)
{
    if (close_range((unsigned)lowest, ~0U, 0) < 0) {
        bug("close_range from %d: %s", lowest, strerror(errno));
    }
}
