/*
 * One look at one file: what it is, whether name and content agree, and what in it should
 * not be filed unseen. Runs in the inspectors' children on one read-only descriptor and
 * opens nothing. A look has findings, never a verdict: that is the policy's.
 */
#ifndef GARITA_HOOKS_INSPECT_H
#define GARITA_HOOKS_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "hooks/finding/finding.h"

enum {
    INSPECT_HASH_SIZE = 32,
    INSPECT_MEDIA_TYPE_MAX = 100,
    INSPECT_DETAIL_MAX = 160,
    INSPECT_EXTENSION_MAX = 16
};

/* What a look found. Starts as {0}. */
struct inspection {
    finding_set findings;
    char media_type[INSPECT_MEDIA_TYPE_MAX]; /* "": not looked at */
    char detail[INSPECT_DETAIL_MAX];         /* for operators */
};

/* What looking needs from files, loaded once by the parent of the inspectors. */
struct inspect_tools;
struct inspect_tools *inspect_tools_load(struct err *err);
void inspect_tools_free(struct inspect_tools *tools);
DEFINE_AUTO(inspect_tools, inspect_tools_free);

/* SHA-256 and number of the bytes from the start to the end of fd. */
bool inspect_hash(const struct inspect_tools *tools, int fd,
                  uint8_t sha256[INSPECT_HASH_SIZE], uint64_t *size, struct err *err);

/* Of a longer one the head alone is looked at. */
#define INSPECT_FILE_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* name is the final file name. At most `most` bytes are mapped. */
void inspect_look(const struct inspect_tools *tools, int fd, const char *name,
                  size_t most, struct inspection *inspection);

/* ---- the parts of a look, for inspect.c and the tests -------------------------------- */

/* What the parts are shown. */
struct inspect_content {
    struct bytes bytes;                    /* the whole file, or its head */
    uint64_t size;                         /* of the whole */
    char extension[INSPECT_EXTENSION_MAX]; /* of the name, lower case, "" if none */
};

void inspect_extension(const char *name, char extension[INSPECT_EXTENSION_MAX]);

/* inspect_type.c: libmagic's view, corrected where it is known to be wrong. */
bool inspect_type(const struct inspect_tools *tools,
                  const struct inspect_content *content,
                  char media_type[INSPECT_MEDIA_TYPE_MAX], struct err *err);

/* inspect_agree.c: does the name's extension take this content? True for extensions that
   the table does not have. */
bool inspect_agree(const struct inspect_content *content, const char *media_type);
bool inspect_agree_knows(const char *extension);

/* inspect_program.c, inspect_key.c: own probes of the bytes. */
bool inspect_program(const struct inspect_content *content, const char *media_type);
bool inspect_key(const struct inspect_content *content);

/* inspect_pdf.c: adds its findings. The whole file must be there. */
void inspect_pdf(struct bytes pdf, struct inspection *inspection);

/* Writes detail, unless something stands there already. */
void inspect_detail(struct inspection *inspection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
