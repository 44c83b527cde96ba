/*
 * From a directory of YAML files to a policy image: the whole of garita-policy but its process.
 * Used by main.c, by tests and by the fuzz harness (which gives the files from memory).
 */
#ifndef GARITA_POLICY_READER_H
#define GARITA_POLICY_READER_H

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "policy_reader/complaints.h"
#include "policy_reader/source.h"

enum { POLICY_READER_MEMORY_MAX = 512 * 1024 * 1024 };

struct policy_reader; /* owns the complaints and what they borrow */

struct policy_reader *policy_reader_new(void); /* NULL: out of memory */
void policy_reader_free(struct policy_reader *reader);
DEFINE_AUTO(policy_reader, policy_reader_free);

/* First the files: a directory (borrowed), or one by one. */
bool policy_reader_directory(struct policy_reader *reader, int directory,
                             struct err *err);
void policy_reader_file(struct policy_reader *reader, const char *path,
                        struct bytes bytes);

/* Then the image, once; it is initialised and empty. False with complaints: the policy is
   wrong; without: err says why it failed. */
bool policy_reader_image(struct policy_reader *reader, struct buf *image,
                         struct err *err);

/* Sorted after policy_reader_image(). */
const struct complaints *policy_reader_complaints(const struct policy_reader *reader);

#endif
