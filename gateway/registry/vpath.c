/*
 * Reads paths from outside (registry). SECURITY: everything in `path` is hostile. The steps go
 * from bytes to meaning: split at '/', resolve dots, then for each segment UTF-8, NFC, and what
 * its characters are; what is stored and compared is the result, never the input.
 */
#include "registry/vpath.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "base/auto.h"
#include "wire/tree.h"

/* Characters that Windows forbids in names. The slash never gets here. */
static const char FORBIDDEN[] = "\\:*?\"<>|";

static const char *const RESERVED[] = {
    "con",  "prn",  "aux",  "nul",  "com1", "com2", "com3",   "com4",
    "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",   "lpt3",
    "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "conin$", "conout$"};

static bool is_reserved(const char *name)
{
    size_t stem = strcspn(name, ".");
    for (size_t i = 0; i < ARRAY_SIZE(RESERVED); i++) {
        if (strlen(RESERVED[i]) == stem && strncasecmp(name, RESERVED[i], stem) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_invisible(utf8proc_int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        return false;
    }
}

static bool is_space(utf8proc_int32_t code)
{
    return utf8proc_category(code) == UTF8PROC_CATEGORY_ZS;
}

/* Walks the code points of a NFC name; first and last are told for the checks at its edges. */
static bool check_characters(const char *name, enum text *reason)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name;
    utf8proc_int32_t code = 0;
    for (bool first = true; *at != '\0'; first = false) {
        at += utf8proc_iterate(at, -1, &code);
        if (is_invisible(code)) {
            *reason = TEXT_NAME_CONTROL;
            return false;
        }
        if (first && is_space(code)) {
            *reason = TEXT_NAME_EDGE;
            return false;
        }
    }
    if (is_space(code) || code == '.') {
        *reason = TEXT_NAME_EDGE;
        return false;
    }
    return true;
}

static bool check_name(const char *name, enum text *reason)
{
    if (strlen(name) > VPATH_SEGMENT_MAX) {
        *reason = TEXT_NAME_TOO_LONG;
        return false;
    }
    if (!check_characters(name, reason)) {
        return false;
    }
    if (strpbrk(name, FORBIDDEN) || is_reserved(name)) {
        *reason = TEXT_NAME_RESERVED;
        return false;
    }
    return true;
}

static bool append_segment(struct vpath *vpath, const char *name, enum text *reason)
{
    size_t used = vpath->count > 0 ? strlen(vpath->text) : 0;
    size_t length = strlen(name);
    if (vpath->count == VPATH_SEGMENTS_MAX || used + 1 + length > VPATH_TEXT_MAX) {
        *reason = TEXT_NAME_TOO_LONG;
        return false;
    }
    vpath->text[used] = '/';
    memcpy(vpath->text + used + 1, name, length + 1);
    /* Every segment has one slash in text and one NUL in segments: the same offsets serve. */
    memcpy(vpath->segments + used, name, length + 1);
    vpath->start[vpath->count++] = used;
    return true;
}

static void drop_segment(struct vpath *vpath)
{
    if (vpath->count > 0) {
        vpath->count--;
        vpath->text[vpath->start[vpath->count]] = '\0';
    }
}

static bool add_segment(struct vpath *vpath, struct bytes raw, enum text *reason)
{
    if (raw.size == 0 || (raw.size == 1 && raw.at[0] == '.')) {
        return true;
    }
    if (raw.size == 2 && memcmp(raw.at, "..", 2) == 0) {
        drop_segment(vpath);
        return true;
    }
    if (memchr(raw.at, '\0', raw.size)) {
        *reason = TEXT_NAME_CONTROL;
        return false;
    }
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map(raw.at, (utf8proc_ssize_t)raw.size, &mapped,
                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    AUTO_FREE char *name = (char *)mapped;
    if (size < 0) {
        *reason = TEXT_NAME_NOT_UTF8;
        return false;
    }
    return check_name(name, reason) && append_segment(vpath, name, reason);
}

bool vpath_parse(struct bytes path, struct vpath *vpath, enum text *reason)
{
    vpath->count = 0;
    vpath->text[0] = '\0';
    if (path.size > TREE_PATH_MAX) {
        *reason = TEXT_NAME_TOO_LONG;
        return false;
    }
    for (size_t from = 0; from < path.size;) {
        const uint8_t *at = path.at + from;
        const uint8_t *slash = memchr(at, '/', path.size - from);
        size_t size = slash ? (size_t)(slash - at) : path.size - from;
        if (!add_segment(vpath, (struct bytes){at, size}, reason)) {
            return false;
        }
        from += size + 1;
    }
    if (vpath->count == 0) {
        strcpy(vpath->text, "/");
    }
    return true;
}

const char *vpath_segment(const struct vpath *vpath, size_t index)
{
    return vpath->segments + vpath->start[index];
}

const char *vpath_name(const struct vpath *vpath)
{
    return vpath->count == 0 ? "" : vpath_segment(vpath, vpath->count - 1);
}

void vpath_folder(const struct vpath *vpath, char folder[CATALOGUE_PATH_SIZE])
{
    size_t size = vpath->count < 2 ? 0 : vpath->start[vpath->count - 1];
    memcpy(folder, vpath->text, size);
    folder[size] = '\0';
}
