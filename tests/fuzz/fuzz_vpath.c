/*
 * Paths from outside: whatever comes out of vpath_parse() must be what its header promises, and
 * parsing it again must change nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/vpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vpath path, again;
    enum text reason;
    if (!vpath_parse((struct bytes){data, size}, &path, &reason)) {
        return 0;
    }
    require(path.text[0] == '/' && path.count <= VPATH_SEGMENTS_MAX);
    for (size_t i = 0; i < path.count; i++) {
        const char *segment = vpath_segment(&path, i);
        require(segment[0] != '\0' && strcmp(segment, ".") != 0 &&
                strcmp(segment, "..") != 0);
        require(!strpbrk(segment, "/\\\n\r\x1b"));
    }
    require(vpath_parse(bytes_of_text(path.text), &again, &reason));
    require(strcmp(again.text, path.text) == 0 && again.count == path.count);
    return 0;
}
