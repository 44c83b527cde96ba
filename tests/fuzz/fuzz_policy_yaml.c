/*
 * Policy files as anybody could write them: from YAML to an image, in memory. The input is
 * several files, each behind a line "=== PATH". What is read without complaint must map; what
 * is not must be complained about.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "policy/policy.h"
#include "policy_reader/policy_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char mark[] = "=== ";

/* The start of the next file's line, or the end. */
static const char *next_file(const char *at, const char *end)
{
    const char *found = memmem(at, (size_t)(end - at), mark, sizeof mark - 1);
    return found ? found : end;
}

static void add_file(struct policy_reader *reader, const char *at, const char *end)
{
    char path[300];
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    size_t size = line_end ? (size_t)(line_end - at) : 0;
    if (size == 0 || size >= sizeof path) {
        return;
    }
    memcpy(path, at, size);
    path[size] = '\0';
    struct bytes bytes = {(const uint8_t *)line_end + 1, (size_t)(end - line_end - 1)};
    policy_reader_file(reader, path, bytes);
}

static void check_image(const struct buf *image)
{
    AUTO_CLOSE int fd = fd_sealed("fuzz-policy", buf_view(image), NULL);
    AUTO(policy) policy = fd >= 0 ? policy_map(fd, NULL) : NULL;
    if (!policy) {
        abort();
    }
}

static void check_complaints(const struct policy_reader *reader)
{
    const struct complaints *complaints = policy_reader_complaints(reader);
    if (complaints->count == 0 || complaints->count > COMPLAINTS_MAX) {
        abort();
    }
    for (size_t i = 0; i < complaints->count; i++) {
        char line[COMPLAINT_LINE_MAX];
        for (const char *at = complaints_line(complaints, i, line); *at; at++) {
            if ((unsigned char)*at < 0x20) {
                abort(); /* a file's bytes reached a terminal raw */
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct buf image;
    AUTO(policy_reader) reader = policy_reader_new();
    if (!reader || size == 0) {
        return 0;
    }
    buf_init(&image, SIZE_MAX / 2);
    const char *end = (const char *)data + size;
    const char *at = next_file((const char *)data, end);
    while (at < end) {
        const char *next = next_file(at + sizeof mark - 1, end);
        add_file(reader, at + sizeof mark - 1, next);
        at = next;
    }
    if (policy_reader_image(reader, &image, &err)) {
        check_image(&image);
    } else {
        check_complaints(reader);
    }
    buf_done(&image);
    return 0;
}
