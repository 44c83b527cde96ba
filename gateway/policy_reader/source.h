/*
 * The files of a policy, as bytes: which there are, read from a directory. The only part of
 * the policy reader that opens anything. Names are plain (letters, digits, dot, dash,
 * underscore); everything else in the directory is complained about, lest a rule that somebody
 * wrote be passed over silently.
 */
#ifndef GARITA_POLICY_READER_SOURCE_H
#define GARITA_POLICY_READER_SOURCE_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy_reader/arena.h"
#include "policy_reader/complaints.h"

enum {
    SOURCE_FILE_MAX = 1024 * 1024, /* bytes */
    SOURCE_FILES_MAX = 100000
};

/* In the order in which they are read and complained about. */
enum source_kind {
    SOURCE_GARITA,
    SOURCE_DOCUMENT_TYPES,
    SOURCE_NAMES,
    SOURCE_ROLE,
    SOURCE_CLIENT,
    SOURCE_ACCOUNT,
    SOURCE_KIND_COUNT
};

struct source_file {
    const char *path; /* "accounts/laredo.yaml" */
    const char *stem; /* "laredo" */
    enum source_kind kind;
    struct bytes bytes;
};

struct sources {
    struct source_file **files;
    size_t count;
    size_t room;
};

/* directory is borrowed. Everything lives in the arena. False: the directory itself could
   not be read, or memory ran out. */
bool source_read(int directory, struct arena *arena, struct complaints *complaints,
                 struct sources *sources, struct err *err);

/* Adds one file that is already in memory (borrowed). False, with a complaint: there is no
   such file in a policy. */
bool source_add(struct sources *sources, struct arena *arena,
                struct complaints *complaints, const char *path, struct bytes bytes);

/* Sorts them, and complains of files that every policy has and this one has not. */
void source_finish(struct sources *sources, struct complaints *complaints);

/* The order of two paths, as enum source_kind and then by name. */
int source_compare(const char *a, const char *b);

#endif
