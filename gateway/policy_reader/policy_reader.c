/*
 * The steps in order: files, trees, model, checks, image.
 */
#include "policy_reader/policy_reader.h"

#include <stdlib.h>

#include "policy_reader/image_write.h"
#include "policy_reader/model.h"

struct policy_reader {
    struct arena arena;
    struct sources sources;
    struct model model;
    struct complaints complaints;
};

struct policy_reader *policy_reader_new(void)
{
    struct policy_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        arena_init(&reader->arena, POLICY_READER_MEMORY_MAX);
    }
    return reader;
}

void policy_reader_free(struct policy_reader *reader)
{
    if (reader) {
        arena_done(&reader->arena);
        free(reader);
    }
}

bool policy_reader_directory(struct policy_reader *reader, int directory, struct err *err)
{
    return source_read(directory, &reader->arena, &reader->complaints, &reader->sources,
                       err);
}

void policy_reader_file(struct policy_reader *reader, const char *path,
                        struct bytes bytes)
{
    source_add(&reader->sources, &reader->arena, &reader->complaints, path, bytes);
}

bool policy_reader_image(struct policy_reader *reader, struct buf *image, struct err *err)
{
    struct schema_context context = {.arena = &reader->arena,
                                     .complaints = &reader->complaints};
    source_finish(&reader->sources, &reader->complaints);
    bool read = model_read(&context, &reader->sources, &reader->model);
    if (read) {
        model_check(&context, &reader->model);
    }
    complaints_sort(&reader->complaints);
    if (reader->complaints.count > 0) {
        return false;
    }
    if (!read || reader->arena.failed) {
        return err_set(err, ERR_LIMIT, "the policy needs more memory than %d bytes",
                       POLICY_READER_MEMORY_MAX);
    }
    return image_write(&reader->model, &reader->arena, image, err);
}

const struct complaints *policy_reader_complaints(const struct policy_reader *reader)
{
    return &reader->complaints;
}
