/*
 * Loads every sentence in both languages at start. Linked by the roles that answer users;
 * trusts the catalogue file, which is installed with the program.
 *
 * gettext gives one language per process and opens its file when first asked. Languages
 * here belong to accounts and the roles live in an empty root, so each sentence is asked
 * for once, while files can be opened, and the pointers are kept: they stay valid, for glibc
 * never drops a catalogue that it has loaded.
 */
#include "text/text.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/spawn.h"

#define N_(sentence) sentence
#define DOMAIN "garita"

struct sentence {
    const char *code;
    const char *english;
};

static const struct sentence texts[TEXT_COUNT] = {
#define TEXT(identifier, sentence) {#identifier, sentence},
#include "text/text.def"
#undef TEXT
};

static const struct sentence findings[FINDING_COUNT] = {
#define FINDING(code, verdict, sentence) {#code, sentence},
#include "hooks/finding/finding.def"
#undef FINDING
};

/* Filled by text_init(); until then everybody reads English. */
static const char *spanish_texts[TEXT_COUNT];
static const char *spanish_findings[FINDING_COUNT];

/* glibc's counter of catalogue changes (gettext manual, "Changing the language at run
   time"): without it an answer of before the change of LANGUAGE could be cached. */
extern int _nl_msg_cat_cntr;

static bool select_spanish(const char *directory, struct err *err)
{
    if (!setlocale(LC_ALL, "C.UTF-8")) {
        return err_set(err, ERR_SYSTEM, "locale C.UTF-8 is missing");
    }
    if (!bindtextdomain(DOMAIN, directory) || !bind_textdomain_codeset(DOMAIN, "UTF-8")) {
        return err_sys(err, errno, "bind the catalogue in %s", directory);
    }
    if (setenv("LANGUAGE", "es", 1) < 0) {
        return err_sys(err, errno, "set LANGUAGE");
    }
    _nl_msg_cat_cntr++;
    return true;
}

static bool load(const struct sentence *sentences, size_t count, const char **spanish,
                 const char *directory, struct err *err)
{
    for (size_t at = 0; at < count; at++) {
        const char *found = dgettext(DOMAIN, sentences[at].english);
        if (found == sentences[at].english) {
            return err_set(err, ERR_NOT_FOUND, "no Spanish sentence for %s in %s",
                           sentences[at].code, directory);
        }
        spanish[at] = found;
    }
    return true;
}

static bool default_directory(char *path, size_t size, struct err *err)
{
    char own[PATH_MAX];
    if (!spawn_own_directory(own, sizeof own, err)) {
        return false;
    }
    if ((size_t)snprintf(path, size, "%s/../share/locale", own) >= size) {
        return err_set(err, ERR_LIMIT, "the path of the catalogues is too long");
    }
    return true;
}

bool text_init(const char *locale_directory, struct err *err)
{
    char path[PATH_MAX];
    if (!locale_directory) {
        if (!default_directory(path, sizeof path, err)) {
            return false;
        }
        locale_directory = path;
    }
    if (!select_spanish(locale_directory, err)) {
        return false;
    }
    /* All or nothing: a start that failed leaves everything as it was. */
    const char *new_texts[TEXT_COUNT];
    const char *new_findings[FINDING_COUNT];
    if (!load(texts, TEXT_COUNT, new_texts, locale_directory, err) ||
        !load(findings, FINDING_COUNT, new_findings, locale_directory, err)) {
        return false;
    }
    memcpy(spanish_texts, new_texts, sizeof spanish_texts);
    memcpy(spanish_findings, new_findings, sizeof spanish_findings);
    return true;
}

const char *text_get(enum language language, enum text text)
{
    bool spanish = language == LANGUAGE_SPANISH && spanish_texts[text];
    return spanish ? spanish_texts[text] : texts[text].english;
}

const char *text_finding(enum language language, enum finding finding)
{
    bool spanish = language == LANGUAGE_SPANISH && spanish_findings[finding];
    return spanish ? spanish_findings[finding] : findings[finding].english;
}

const char *text_code(enum text text)
{
    return texts[text].code;
}

/* What of `more` fits goes behind the `used` bytes of out, and out is full when something
   did not; never half a UTF-8 character. */
static size_t append(char *out, size_t size, size_t used, const char *more, size_t length)
{
    size_t room = size - 1 - used;
    bool fits = length <= room;
    if (!fits) {
        length = room;
        while (length > 0 && ((unsigned char)more[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(out + used, more, length);
    out[used + length] = '\0';
    return fits ? used + length : size - 1;
}

void text_fill(char *out, size_t size, const char *form, const char *value)
{
    if (size == 0) {
        return;
    }
    out[0] = '\0';
    const char *hole = strstr(form, "%s");
    size_t before = hole ? (size_t)(hole - form) : strlen(form);
    size_t used = append(out, size, 0, form, before);
    if (hole) {
        used = append(out, size, used, value, strlen(value));
        append(out, size, used, hole + 2, strlen(hole + 2));
    }
}

/* SECURITY: no format function sees the sentence; a catalogue can at most ask for more
   arguments than there are, so the number of "%s" is bounded by that of the English one. */
void text_format(char *out, size_t size, enum language language, enum text text, ...)
{
    if (size == 0) {
        return;
    }
    size_t given = 0;
    for (const char *at = texts[text].english; (at = strstr(at, "%s")); at += 2) {
        given++;
    }
    const char *rest = text_get(language, text);
    size_t used = 0;
    out[0] = '\0';
    va_list arguments;
    va_start(arguments, text);
    for (const char *hole; given > 0 && (hole = strstr(rest, "%s")); given--) {
        used = append(out, size, used, rest, (size_t)(hole - rest));
        const char *argument = va_arg(arguments, const char *);
        used = append(out, size, used, argument, strlen(argument));
        rest = hole + 2;
    }
    va_end(arguments);
    append(out, size, used, rest, strlen(rest));
}
