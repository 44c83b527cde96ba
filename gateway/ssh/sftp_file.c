/*
 * Requests that need no registry: reading, writing and measuring what is open. Runs in the
 * session, on descriptors that the registry opened; it can open none itself. Limits are
 * kept here for the client's sake, with a reason in words; the registry looks at the size
 * again when it seals, and RLIMIT_FSIZE stands behind both.
 */
#include "ssh/sftp_inside.h"

#include <sys/stat.h>
#include <unistd.h>

/* What is read is small in memory even if a client asks for more. */
static uint32_t capped(uint32_t length)
{
    return length < SFTP_READ_MAX ? length : SFTP_READ_MAX;
}

static bool offset_fits(uint64_t offset, uint64_t length)
{
    return offset <= INT64_MAX && length <= INT64_MAX - offset;
}

bool sftp_read(struct sftp *sftp, const struct sftp_request *request, struct err *err)
{
    (void)err;
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    if (handle->kind != HANDLE_READ) {
        bool folder = handle->kind == HANDLE_FOLDER;
        sftp_refuse(sftp, request->id, folder ? SFTP_FAILURE : SFTP_PERMISSION_DENIED,
                    folder ? TEXT_IS_FOLDER : TEXT_NOT_GRANTED);
        return true;
    }
    if (!offset_fits(request->offset, request->length)) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_BAD_REQUEST);
        return true;
    }
    ssize_t got = sftp_reply_data(&sftp->output, request->id, handle->fd, request->offset,
                                  capped(request->length));
    if (got < 0) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_STORE_FAILED);
    } else if (got == 0 && request->length > 0) {
        sftp_reply_status(&sftp->output, request->id, SFTP_EOF, "EOF", "");
    }
    return true;
}

static bool write_all(int fd, struct bytes data, uint64_t offset)
{
    size_t done = 0;
    while (done < data.size) {
        ssize_t wrote =
            pwrite(fd, &data.at[done], data.size - done, (off_t)(offset + done));
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return false;
        }
        done += (size_t)wrote;
    }
    return true;
}

static bool find_end(const struct handle *handle, uint64_t *offset)
{
    struct stat status;
    if (fstat(handle->fd, &status) < 0) {
        return false;
    }
    *offset = (uint64_t)status.st_size;
    return true;
}

/* Of a filed document the client sees the bytes, but a new version begins empty: whoever does not
   send it from the first byte on would file zeros. */
static bool leaves_hole(const struct handle *handle, uint64_t offset)
{
    uint64_t end = 0;
    return handle->whole && (!find_end(handle, &end) || offset > end);
}

/* SFTP_OK's place is taken by TEXT_COUNT: nothing is wrong. */
static enum text store(const struct handle *handle, uint64_t offset, struct bytes data)
{
    if (handle->append && !find_end(handle, &offset)) {
        return TEXT_STORE_FAILED;
    }
    if (!offset_fits(offset, data.size)) {
        return TEXT_BAD_REQUEST;
    }
    if (offset + data.size > handle->limit) {
        return TEXT_TOO_LARGE;
    }
    if (leaves_hole(handle, offset)) {
        return TEXT_FILED_UNCHANGED;
    }
    return write_all(handle->fd, data, offset) ? TEXT_COUNT : TEXT_STORE_FAILED;
}

bool sftp_write(struct sftp *sftp, const struct sftp_request *request, struct err *err)
{
    (void)err;
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    if (handle->kind != HANDLE_WRITE) {
        bool folder = handle->kind == HANDLE_FOLDER;
        sftp_refuse(sftp, request->id, folder ? SFTP_FAILURE : SFTP_PERMISSION_DENIED,
                    folder ? TEXT_IS_FOLDER : TEXT_NOT_GRANTED);
        return true;
    }
    enum text wrong = store(handle, request->offset, request->data);
    if (wrong == TEXT_COUNT) {
        sftp_succeed(sftp, request->id);
    } else {
        handle->damaged = true;
        sftp_refuse(sftp, request->id, SFTP_FAILURE, wrong);
    }
    return true;
}

bool sftp_fstat(struct sftp *sftp, const struct sftp_request *request, struct err *err)
{
    (void)err;
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    struct sftp_attributes attributes = {.flags = SFTP_ATTR_PERMISSIONS,
                                         .permissions = S_IFDIR | 0750};
    if (handle->kind != HANDLE_FOLDER) {
        attributes = (struct sftp_attributes){
            .flags = SFTP_ATTR_PERMISSIONS | SFTP_ATTR_SIZE | SFTP_ATTR_TIMES,
            .permissions = S_IFREG | (handle->kind == HANDLE_WRITE ? 0640 : 0440),
            .size = handle->size,
            .modified = sftp_seconds(handle->modified)};
    }
    if (handle->kind == HANDLE_WRITE && !find_end(handle, &attributes.size)) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_STORE_FAILED);
        return true;
    }
    sftp_reply_attributes(&sftp->output, request->id, &attributes);
    return true;
}

/* The promise that counts is CLOSE's; this one is kept as well. */
bool sftp_fsync(struct sftp *sftp, const struct sftp_request *request, struct err *err)
{
    (void)err;
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    if (handle->kind == HANDLE_WRITE && fdatasync(handle->fd) == 0) {
        sftp_succeed(sftp, request->id);
    } else {
        /* After a failed sync the kernel may have dropped what it could not write. */
        handle->damaged = handle->kind == HANDLE_WRITE;
        sftp_refuse(sftp, request->id, SFTP_FAILURE,
                    handle->damaged ? TEXT_STORE_FAILED : TEXT_BAD_REQUEST);
    }
    return true;
}

bool sftp_truncate(struct sftp *sftp, const struct sftp_request *request,
                   struct handle *handle)
{
    uint64_t size = request->attributes.size;
    if (handle->kind != HANDLE_WRITE) {
        sftp_refuse(sftp, request->id, SFTP_PERMISSION_DENIED, TEXT_NOT_GRANTED);
    } else if (size > handle->limit || !offset_fits(size, 0)) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_TOO_LARGE);
    } else if (leaves_hole(handle, size)) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_FILED_UNCHANGED);
    } else if (ftruncate(handle->fd, (off_t)size) < 0) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_STORE_FAILED);
    } else {
        return true;
    }
    return false;
}
