/*
 * The inside of the object store, for objects*.c alone.
 */
#ifndef GARITA_REGISTRY_OBJECTS_INSIDE_H
#define GARITA_REGISTRY_OBJECTS_INSIDE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "registry/objects.h"

enum { OBJECTS_FOLDERS = 256, OBJECTS_PATH_SIZE = OBJECT_ID_SIZE + 3 };

/* A batch of new objects in one folder, so that one fsync of it serves all. */
struct refill {
    struct worker_job job;
    struct objects *objects;
    char ids[OBJECTS_POOL_SIZE][OBJECT_ID_SIZE];
    size_t count;
    bool running;
    bool made;
    struct err err;
};

struct objects {
    int folder; /* objects/ */
    struct workers *workers;
    char pool[OBJECTS_POOL_SIZE][OBJECT_ID_SIZE];
    size_t pooled;
    struct refill refill; /* its ids are the worker's while running, but may be read */
    bool closing;
};

bool objects_is_id(const char *id);
/* "xx/<id>", relative to objects/. */
bool objects_path(const char *id, char path[OBJECTS_PATH_SIZE], struct err *err);

/* One object, here and now, its folder synced. */
bool objects_pool_make(const struct objects *objects, char id[OBJECT_ID_SIZE],
                       struct err *err);
bool objects_pool_fill(struct objects *objects, struct err *err); /* at the start */
bool objects_pool_take(struct objects *objects, char id[OBJECT_ID_SIZE], struct err *err);
/* In the pool, or on its way there. */
bool objects_pool_has(const struct objects *objects, const char *id);

#endif
