/*
 * Answers of SFTP version 3, put at the end of a byte queue. Each call puts one whole packet, or
 * the queue's `failed` is set.
 */
#ifndef GARITA_SSH_SFTP_REPLY_H
#define GARITA_SSH_SFTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "ssh/sftp_decode.h"

enum sftp_status {
    SFTP_OK,
    SFTP_EOF,
    SFTP_NO_SUCH_FILE,
    SFTP_PERMISSION_DENIED,
    SFTP_FAILURE,
    SFTP_BAD_MESSAGE,
    SFTP_NO_CONNECTION,
    SFTP_CONNECTION_LOST,
    SFTP_OP_UNSUPPORTED
};

enum {
    SFTP_DATA_HEADER = 13, /* bytes of a DATA packet before its data */
    SFTP_STATUS_TEXT_MAX = 1024,
    /* Bytes that come, at most, of one tree_entries, or of any other answer of the registry. */
    SFTP_NAMES_MAX = 192 * 1024,
    SFTP_ANSWER_MAX = 12 * 1024
};

/* VERSION 3 and our extensions. */
void sftp_reply_version(struct buf *out);

/* text is what people read; code, "" or a stable name, stands behind it in brackets. */
void sftp_reply_status(struct buf *out, uint32_t id, enum sftp_status status,
                       const char *text, const char *code);
void sftp_reply_handle(struct buf *out, uint32_t id, struct bytes handle);

/* What fd has at offset, at most size bytes of it, read into its place. What pread() returned:
   with 0 (for a size above 0) and below, nothing was put. */
ssize_t sftp_reply_data(struct buf *out, uint32_t id, int fd, uint64_t offset,
                        uint32_t size);

void sftp_reply_attributes(struct buf *out, uint32_t id,
                           const struct sftp_attributes *attributes);

/* limits@openssh.com (OpenSSH's PROTOCOL, 4.8). */
void sftp_reply_limits(struct buf *out, uint32_t id, uint64_t handles);

/* statvfs@openssh.com and fstatvfs@openssh.com (PROTOCOL, 4.4). */
struct sftp_space {
    uint64_t bytes_total, bytes_free, files_total, files_free;
};
void sftp_reply_space(struct buf *out, uint32_t id, const struct sftp_space *space);

/* users-groups-by-id@openssh.com (PROTOCOL, 4.11): ids are u32s, a multiple of four bytes. */
void sftp_reply_users_groups(struct buf *out, uint32_t id, struct bytes users,
                             struct bytes groups);

/* check-file: SHA-256 hashes, one behind the other. old: as earlier drafts have it, with the name of
   the extension before that of the hash. */
void sftp_reply_hashes(struct buf *out, uint32_t id, bool old, struct bytes hashes);

/* NAME with one path, for REALPATH. */
void sftp_reply_path(struct buf *out, uint32_t id, const char *path);

/* NAME from count entries as tree_entries carries them (wire/tree.def). False, and *out is of no
   more use: the entries contradict their count. */
bool sftp_reply_names(struct buf *out, uint32_t id, uint32_t count, struct bytes entries);

/* A time as SFTP has them: unsigned, 32 bits. */
uint32_t sftp_seconds(int64_t time);

/* The line of `ls -l` before the name, as clients parse it; now decides between time and
   year. Returns text. */
enum { SFTP_LONGNAME_MAX = 128 };
const char *sftp_longname(char text[SFTP_LONGNAME_MAX],
                          const struct sftp_attributes *attributes, int64_t now);

#endif
