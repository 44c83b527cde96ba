/*
 * Words that operators read: gettext's usual two macros. Sentences of the roles come in English
 * and are looked up here as well, so that roles need no language.
 */
#ifndef GARITA_CONSOLE_WORDS_H
#define GARITA_CONSOLE_WORDS_H

#include <libintl.h>

#define _(sentence) gettext(sentence)
#define N_(sentence) sentence

/* What a role said, in the operator's language if it is one of the sentences in words.c, else as
   it is. */
const char *words_of_role(const char *text);

#endif
