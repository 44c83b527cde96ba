/*
 * The object store: one file an upload, under the name that it keeps for ever, in one of 256
 * folders made at the start. The registry creates every object as its own user; nobody else can
 * open one by name.
 *
 * An object made by objects_create() comes from a pool of empty files whose directory entries
 * are already synced, so that making one costs no fsync and sealing one needs fdatasync only.
 */
#ifndef GARITA_REGISTRY_OBJECTS_H
#define GARITA_REGISTRY_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/workers.h"

enum { OBJECT_ID_SIZE = 33, OBJECTS_POOL_SIZE = 64 };

struct objects;

/* directory: where objects/ is or will be. Refuses a file system on which leases do not hold. */
struct objects *objects_open(struct loop *loop, const char *directory, struct err *err);
void objects_close(struct objects *objects);
DEFINE_AUTO(objects, objects_close);

/* A fresh empty object. write_fd is for the session, read_fd is kept for sealing, inspecting and
   publishing; both are the caller's. */
bool objects_create(struct objects *objects, char id[OBJECT_ID_SIZE], int *write_fd,
                    int *read_fd, struct err *err);

bool objects_open_read(struct objects *objects, const char *id, int *fd, struct err *err);
bool objects_open_write(struct objects *objects, const char *id, int *fd,
                        struct err *err);

/* Destroys an object's bytes. One that is not there is fine. */
void objects_destroy(struct objects *objects, const char *id);

/*
 * The seal. First objects_lease(): the kernel grants a read lease only when no writable
 * descriptor or mapping of the file is left anywhere; it is given back at once, since nobody can
 * get a new one but through us. Then objects_sync(): fdatasync on a thread, of the read-only
 * descriptor, whose result is final: a failed sync is never tried again, because the kernel
 * reports an error once and then forgets it.
 */
bool objects_lease(int read_fd, struct err *err); /* ERR_LIMIT: a writer is left */

struct object_sync {
    struct worker_job job;
    int fd; /* borrowed */
    bool synced;
    uint64_t size; /* of the file, after the sync */
    int error;     /* errno */
    void (*done)(struct object_sync *sync);
    void *context;
};
void objects_sync(struct objects *objects, struct object_sync *sync);

/* Calls visit for every object in the store but those of the pool; for recovery. */
bool objects_each(struct objects *objects, void (*visit)(void *context, const char *id),
                  void *context, struct err *err);

#endif
