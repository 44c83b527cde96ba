/*
 * The files and folders that a client has open, under names of eight bytes that are never used
 * twice: a closed or invented name finds nothing.
 */
#ifndef GARITA_SSH_HANDLES_H
#define GARITA_SSH_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"

enum handle_kind { HANDLE_NONE, HANDLE_READ, HANDLE_WRITE, HANDLE_FOLDER };

enum { HANDLE_NAME_SIZE = 8 };

struct handle {
    enum handle_kind kind;
    uint32_t serial;
    uint32_t registry; /* what the registry calls it */
    int fd;            /* owned; -1 for a folder */
    bool append;       /* every WRITE goes to the end */
    bool whole;        /* no WRITE may leave a hole */
    bool damaged;      /* a WRITE failed: this must not be published */
    uint64_t size;     /* when it was opened */
    uint64_t limit;    /* bytes that it may have at most */
    int64_t modified;
    uint8_t name[HANDLE_NAME_SIZE];
};

struct handles;

struct handles *handles_new(size_t limit); /* NULL without memory */
void handles_free(struct handles *handles);

size_t handles_limit(const struct handles *handles);
size_t handles_used(const struct handles *handles);

/* NULL when the limit is reached. The caller fills in all but kind, serial and name. */
struct handle *handles_add(struct handles *handles, enum handle_kind kind);
struct handle *handles_find(struct handles *handles, struct bytes name);
void handles_remove(struct handles *handles, struct handle *handle); /* closes its fd */

/* Any one that is open, or NULL: to take them apart. */
struct handle *handles_any(struct handles *handles);

DEFINE_AUTO(handles, handles_free);

#endif
