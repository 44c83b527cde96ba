/*
 * Policies made from texts in memory, for tests: a small one that is right, and files laid
 * over it. Includes the true reader; nothing is read from disk.
 */
#ifndef GARITA_TESTS_POLICY_FILES_H
#define GARITA_TESTS_POLICY_FILES_H

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "policy/policy.h"
#include "policy_reader/policy_reader.h"

struct policy_file {
    const char *path;
    const char *text;
};

/* Reads the files and writes the image; on failure prints the complaints. */
static inline bool policy_files_image(const struct policy_file *files, size_t count,
                                      struct buf *image)
{
    struct err err = {0};
    AUTO(policy_reader) reader = policy_reader_new();
    buf_init(image, SIZE_MAX / 2);
    for (size_t i = 0; reader && i < count; i++) {
        policy_reader_file(reader, files[i].path, bytes_of_text(files[i].text));
    }
    if (reader && policy_reader_image(reader, image, &err)) {
        return true;
    }
    char line[COMPLAINT_LINE_MAX];
    for (size_t i = 0; reader && i < policy_reader_complaints(reader)->count; i++) {
        fprintf(stderr, "%s\n",
                complaints_line(policy_reader_complaints(reader), i, line));
    }
    fprintf(stderr, "%s\n", err.text);
    return false;
}

static inline struct policy *policy_files_of_image(struct bytes image, struct err *err)
{
    AUTO_CLOSE int fd = fd_sealed("test-policy", image, err);
    return fd >= 0 ? policy_map(fd, err) : NULL;
}

/* A policy of these files; NULL when they are wrong. */
static inline struct policy *policy_files_map(const struct policy_file *files,
                                              size_t count)
{
    struct buf image;
    struct err err = {0};
    struct policy *policy = NULL;
    if (policy_files_image(files, count, &image)) {
        policy = policy_files_of_image(buf_view(&image), &err);
    }
    buf_done(&image);
    return policy;
}

#endif
