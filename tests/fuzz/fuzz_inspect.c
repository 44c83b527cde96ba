/*
 * Our own probes of content: programs, keys, agreement of name and content. The libraries are
 * fuzzed by their own projects and run in a jail.
 * Input: an extension up to the first NUL, then the content.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hooks/inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const media_types[] = {
        "text/plain", "text/html", "application/pdf", "application/octet-stream", ""};
    const uint8_t *end = memchr(data, '\0', size);
    size_t name_size = end ? (size_t)(end - data) : 0;
    AUTO_FREE char *name = strndup((const char *)data, name_size);
    size_t start = end ? name_size + 1 : 0;
    /* A copy of its own: reading past its end shows. */
    size_t length = size - start;
    AUTO_FREE uint8_t *content_bytes = malloc(length ? length : 1);
    if (!name || !content_bytes) {
        return 0;
    }
    memcpy(content_bytes, &data[start], length);
    struct inspect_content content = {.bytes = {content_bytes, length}, .size = length};
    inspect_extension(name, content.extension);
    if (strlen(content.extension) >= INSPECT_EXTENSION_MAX) {
        abort();
    }
    inspect_key(&content);
    for (size_t at = 0; at < ARRAY_SIZE(media_types); at++) {
        bool agrees = inspect_agree(&content, media_types[at]);
        if (!agrees && !inspect_agree_knows(content.extension)) {
            abort();
        }
        inspect_program(&content, media_types[at]);
    }
    return 0;
}
