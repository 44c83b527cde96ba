/*
 * The table of open handles. Runs in the session. A name is slot and serial number; both must
 * fit exactly, so that a name which was valid once never means something else later.
 */
#include "ssh/handles.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handles {
    size_t limit;
    size_t used;
    uint32_t last_serial;
    struct handle slots[];
};

struct handles *handles_new(size_t limit)
{
    struct handles *handles =
        calloc(1, sizeof *handles + limit * sizeof handles->slots[0]);
    if (handles) {
        handles->limit = limit;
    }
    return handles;
}

void handles_free(struct handles *handles)
{
    if (!handles) {
        return;
    }
    for (struct handle *handle; (handle = handles_any(handles));) {
        handles_remove(handles, handle);
    }
    free(handles);
}

size_t handles_limit(const struct handles *handles)
{
    return handles->limit;
}

size_t handles_used(const struct handles *handles)
{
    return handles->used;
}

static void make_name(struct handle *handle, uint32_t slot)
{
    for (unsigned i = 0; i < 4; i++) {
        handle->name[i] = (uint8_t)(slot >> (24 - 8 * i));
        handle->name[4 + i] = (uint8_t)(handle->serial >> (24 - 8 * i));
    }
}

struct handle *handles_add(struct handles *handles, enum handle_kind kind)
{
    for (size_t slot = 0; slot < handles->limit; slot++) {
        struct handle *handle = &handles->slots[slot];
        if (handle->kind == HANDLE_NONE) {
            *handle =
                (struct handle){.kind = kind, .fd = -1, .serial = ++handles->last_serial};
            make_name(handle, (uint32_t)slot);
            handles->used++;
            return handle;
        }
    }
    return NULL;
}

struct handle *handles_find(struct handles *handles, struct bytes name)
{
    if (name.size != HANDLE_NAME_SIZE) {
        return NULL;
    }
    size_t slot = (size_t)name.at[0] << 24 | (size_t)name.at[1] << 16 |
                  (size_t)name.at[2] << 8 | name.at[3];
    if (slot >= handles->limit) {
        return NULL;
    }
    struct handle *handle = &handles->slots[slot];
    bool fits = handle->kind != HANDLE_NONE &&
                memcmp(handle->name, name.at, HANDLE_NAME_SIZE) == 0;
    return fits ? handle : NULL;
}

void handles_remove(struct handles *handles, struct handle *handle)
{
    if (handle->fd >= 0) {
        close(handle->fd);
    }
    handle->fd = -1;
    handle->kind = HANDLE_NONE;
    handles->used--;
}

struct handle *handles_any(struct handles *handles)
{
    for (size_t slot = 0; handles->used > 0 && slot < handles->limit; slot++) {
        if (handles->slots[slot].kind != HANDLE_NONE) {
            return &handles->slots[slot];
        }
    }
    return NULL;
}
