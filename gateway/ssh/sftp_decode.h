/*
 * Requests of SFTP version 3 (draft-ietf-secsh-filexfer-02), out of the bytes of a channel. Pure:
 * no memory is allocated, what a request holds borrows the input. Bytes behind the last field
 * are ignored, as OpenSSH does, since old clients send some.
 */
#ifndef GARITA_SSH_SFTP_DECODE_H
#define GARITA_SSH_SFTP_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    SFTP_PACKET_MAX = 256 * 1024, /* as limits@openssh.com tells it */
    SFTP_PACKET_GRACE = 1024,     /* clients count headers in different ways */
    SFTP_READ_MAX = 255 * 1024,   /* bytes of one READ or WRITE */
    SFTP_NAME_MAX = 4096          /* bytes of a path; the tree takes no longer one */
};

enum sftp_type {
    SFTP_INIT = 1,
    SFTP_OPEN = 3,
    SFTP_CLOSE,
    SFTP_READ,
    SFTP_WRITE,
    SFTP_LSTAT,
    SFTP_FSTAT,
    SFTP_SETSTAT,
    SFTP_FSETSTAT,
    SFTP_OPENDIR,
    SFTP_READDIR,
    SFTP_REMOVE,
    SFTP_MKDIR,
    SFTP_RMDIR,
    SFTP_REALPATH,
    SFTP_STAT,
    SFTP_RENAME,
    SFTP_READLINK,
    SFTP_SYMLINK,
    SFTP_EXTENDED = 200,
    /* The extended requests that we know, as if they had types. */
    SFTP_POSIX_RENAME = 256,
    SFTP_FSYNC,
    SFTP_LIMITS,
    SFTP_STATVFS,
    SFTP_FSTATVFS,
    SFTP_LSETSTAT,
    SFTP_EXPAND_PATH,
    SFTP_HOME_DIRECTORY,
    SFTP_USERS_GROUPS,
    SFTP_CHECK_NAME,
    SFTP_CHECK_HANDLE,
    SFTP_CHECK_OLD /* as CHECK_HANDLE, of an earlier draft: paramiko's */
};

enum sftp_attribute_flag {
    SFTP_ATTR_SIZE = 0x1,
    SFTP_ATTR_OWNER = 0x2,
    SFTP_ATTR_PERMISSIONS = 0x4,
    SFTP_ATTR_TIMES = 0x8,
    SFTP_ATTR_EXTENDED = 0x80000000
};

struct sftp_attributes {
    uint32_t flags;
    uint64_t size;
    uint32_t permissions;
    uint32_t modified;
};

/* Fields that a type does not have are zero. */
struct sftp_request {
    unsigned type; /* enum sftp_type, or what else the client sent */
    uint32_t id;   /* of INIT: the version */
    struct bytes path;
    struct bytes target; /* the second path */
    struct bytes handle;
    struct bytes data;       /* of CHECK_*: names of hashes; of USERS_GROUPS: user ids */
    struct bytes more;       /* of USERS_GROUPS: group ids */
    uint64_t offset, extent; /* of CHECK_*: where it begins and how much */
    uint32_t length;         /* of CHECK_*: of one block */
    uint32_t flags;
    struct sftp_attributes attributes;
};

enum sftp_framing {
    SFTP_WHOLE,   /* *packet is one, without its length */
    SFTP_PARTIAL, /* *missing more bytes are needed before there is more to say */
    SFTP_BROKEN   /* a length that no packet has: the conversation is over */
};

enum sftp_framing sftp_frame(struct bytes input, struct bytes *packet, size_t *missing);

enum sftp_decoding {
    SFTP_DECODED,
    SFTP_UNKNOWN, /* a type or extension that we do not know; type and id are set */
    SFTP_SHORT,   /* ends before its last field; type and id are set */
    SFTP_NO_ID    /* not even that: the conversation is over */
};

enum sftp_decoding sftp_decode(struct bytes packet, struct sftp_request *request);

/* What VERSION tells of our extensions: the one at index, from 0; NULL behind the last. */
const char *sftp_extension(size_t index, const char **version);

#endif
