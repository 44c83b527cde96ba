/*
 * A virtual path: the one form in which the registry looks at a name from outside. The
 * client's bytes become a vpath here or nowhere. A vpath is absolute, has no empty, `.` or `..`
 * segment, is valid UTF-8 in NFC, and holds no control, invisible or bidirectional-override
 * character, no character or name that Windows reserves, and no space or dot where Windows
 * would drop it. It never reaches the kernel.
 */
#ifndef GARITA_REGISTRY_VPATH_H
#define GARITA_REGISTRY_VPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "registry/catalogue.h"
#include "text/text.h"

enum {
    VPATH_SEGMENTS_MAX = 16,
    VPATH_SEGMENT_MAX = CATALOGUE_NAME_SIZE - 1, /* bytes */
    VPATH_TEXT_MAX = CATALOGUE_PATH_SIZE - 1     /* bytes, slashes counted */
};

struct vpath {
    size_t count;                      /* segments; 0 is the top */
    char text[VPATH_TEXT_MAX + 1];     /* "/clientes/ACM010101AB1"; "/" for the top */
    char segments[VPATH_TEXT_MAX + 1]; /* NUL after each */
    size_t start[VPATH_SEGMENTS_MAX];  /* of each in segments */
};

/* On failure reason says why. `.` and `..` are resolved by text alone; `..` at the top stays. */
bool vpath_parse(struct bytes path, struct vpath *vpath, enum text *reason);

const char *vpath_segment(const struct vpath *vpath, size_t index);
const char *vpath_name(const struct vpath *vpath); /* the last segment; "" for the top */

/* The path of the folder that holds it, "" for the top: "/entrada" of "/entrada/x.pdf". */
void vpath_folder(const struct vpath *vpath, char folder[CATALOGUE_PATH_SIZE]);

#endif
