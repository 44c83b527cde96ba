/*
 * The journal: diagnostics for operators, one record a line, `key=value` pairs on
 * standard error (the supervisor gives every role a pipe or file there). Values are
 * escaped, so that bytes from outside can neither forge a record nor reach a terminal
 * raw. Facts that must last go to the ledger instead. Modules do not log; roles log where
 * they decide.
 *
 *     log_event(LOG_INFO, "login", "conn", "17", "user", name, NULL);
 * 2026-11-22T15:04:05.123Z info auth login conn=17 user=laredo
 */
#ifndef GARITA_BASE_LOG_H
#define GARITA_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* role must outlive the process. Until then records carry the role "-". */
void log_init(const char *role, enum log_level level);

/* Pairs of key (a literal) and value (NULL reads as "-"), closed by NULL. One write(2); a
   record is cut at 2,048 bytes. Takes no lock and no memory: a signal handler may call
   it. */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));

/* The same with `error=` and the printf text as only pair. */
void log_text(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Escapes value for a record into out: printable ASCII but space, quote, backslash
   and equals stays; everything else as \xHH; cut to fit, NUL-terminated. */
void log_escape(const char *value, size_t length, char *out, size_t size);

#endif
