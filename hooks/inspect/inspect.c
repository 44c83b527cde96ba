/*
 * One look at one file, part by part. An inspector's child, which holds nothing but the
 * file's read-only descriptor: everything here may be in an attacker's hands afterwards.
 *
 * The file is mapped, not copied; it can no longer change (the registry saw to that by a
 * lease), and if it did shrink, SIGBUS ends the child and nothing was inspected.
 */
#include "hooks/inspect/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

void inspect_detail(struct inspection *inspection, const char *format, ...)
{
    if (inspection->detail[0] != '\0') {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(inspection->detail, sizeof inspection->detail, format, arguments);
    va_end(arguments);
    /* Libraries quote the file in their messages. */
    for (char *at = inspection->detail; *at; at++) {
        *at = *at < ' ' || *at > '~' ? '?' : *at;
    }
}

void inspect_extension(const char *name, char extension[INSPECT_EXTENSION_MAX])
{
    extension[0] = '\0';
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || strlen(dot + 1) >= INSPECT_EXTENSION_MAX) {
        return;
    }
    size_t at = 0;
    for (const char *from = dot + 1; *from; from++) {
        bool upper = *from >= 'A' && *from <= 'Z';
        extension[at++] = upper ? (char)(*from - 'A' + 'a') : *from;
    }
    extension[at] = '\0';
}

static void add(struct inspection *inspection, enum finding finding)
{
    inspection->findings |= finding_bit(finding);
}

static void look_inside(const struct inspect_content *content,
                        struct inspection *inspection)
{
    if (strcmp(inspection->media_type, "application/pdf") != 0) {
        return;
    }
    if (content->bytes.size < content->size) {
        add(inspection, FINDING_NOT_INSPECTED);
        inspect_detail(inspection, "a PDF of %llu bytes is too large to be looked into",
                       (unsigned long long)content->size);
        return;
    }
    inspect_pdf(content->bytes, inspection);
}

static void look_at(const struct inspect_tools *tools,
                    const struct inspect_content *content, struct inspection *inspection)
{
    struct err err = {0};
    if (!inspect_type(tools, content, inspection->media_type, &err)) {
        add(inspection, FINDING_NOT_INSPECTED);
        inspect_detail(inspection, "%s", err.text);
        return;
    }
    const char *media_type = inspection->media_type;
    if (inspect_program(content, media_type)) {
        add(inspection, FINDING_EXECUTABLE);
    }
    if (inspect_key(content)) {
        add(inspection, FINDING_PRIVATE_KEY);
    }
    if (!inspect_agree(content, media_type)) {
        add(inspection, FINDING_TYPE_MISMATCH);
    } else if (strcmp(media_type, "application/octet-stream") == 0) {
        add(inspection, FINDING_FORMAT_UNKNOWN);
    }
    look_inside(content, inspection);
}

void inspect_look(const struct inspect_tools *tools, int fd, const char *name,
                  size_t most, struct inspection *inspection)
{
    *inspection = (struct inspection){0};
    struct stat about;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
        add(inspection, FINDING_NOT_INSPECTED);
        inspect_detail(inspection, "not a regular file");
        return;
    }
    if (about.st_size == 0) {
        add(inspection, FINDING_EMPTY);
        return;
    }
    struct inspect_content content = {.size = (uint64_t)about.st_size};
    inspect_extension(name, content.extension);
    content.bytes.size = content.size < most ? (size_t)content.size : most;
    void *bytes = mmap(NULL, content.bytes.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        add(inspection, FINDING_NOT_INSPECTED);
        inspect_detail(inspection, "map %zu bytes: %s", content.bytes.size,
                       strerror(errno));
        return;
    }
    content.bytes.at = bytes;
    look_at(tools, &content, inspection);
    munmap(bytes, content.bytes.size);
}
