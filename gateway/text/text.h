/*
 * The sentences that users read, in both languages at once. text_init() loads the catalogues
 * while files can still be opened; afterwards nothing is opened any more, so it works in an
 * empty root. Languages belong to accounts, not to the process.
 */
#ifndef GARITA_TEXT_H
#define GARITA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "hooks/finding/finding.h"

enum language { LANGUAGE_SPANISH, LANGUAGE_ENGLISH, LANGUAGE_COUNT };

enum text {
#define TEXT(identifier, sentence) TEXT_##identifier,
#include "text/text.def"
#undef TEXT
    TEXT_COUNT
};

/* locale_directory holds es/LC_MESSAGES/garita.mo; NULL: ../share/locale beside the
   executable's directory. Fails when a Spanish sentence is missing. */
bool text_init(const char *locale_directory, struct err *err);

const char *text_get(enum language language, enum text text);
const char *text_finding(enum language language, enum finding finding);
const char *text_code(enum text text); /* "NAME_CONTROL" */

/* Puts value in the one %s of form; for forms that are no sentences. Cut to size. */
void text_fill(char *out, size_t size, const char *form, const char *value);

/* Puts the arguments, all of them texts, in the sentence's %s. Cut to size. */
void text_format(char *out, size_t size, enum language language, enum text text, ...);

#endif
