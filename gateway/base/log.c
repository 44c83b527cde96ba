/*
 * Journal records on standard error. Every process.
 * SECURITY: values may be chosen by anyone on the network. log_escape() leaves nothing in
 * them that could end a record, start a pair or speak to a terminal.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { RECORD_MAX = 2048, TEXT_MAX = 1024 };

struct record {
    size_t size;
    char text[RECORD_MAX];
};

static const char *log_role = "-";
static enum log_level log_most = LOG_INFO;

void log_init(const char *role, enum log_level level)
{
    log_role = role;
    log_most = level;
}

static bool is_plain(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '"' && byte != '\'' && byte != '\\' &&
           byte != '=';
}

void log_escape(const char *value, size_t length, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)value[i];
        size_t needed = is_plain(byte) ? 1 : 4;
        if (used + needed >= size) {
            break;
        }
        if (needed == 1) {
            out[used++] = (char)byte;
        } else {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[byte >> 4];
            out[used++] = digits[byte & 15];
        }
    }
    if (size > 0) {
        out[used] = '\0';
    }
}

/* A record always keeps room for its newline. */
static void append(struct record *record, const char *text)
{
    size_t size = strlen(text);
    size_t room = sizeof record->text - 1 - record->size;
    size = size < room ? size : room;
    memcpy(record->text + record->size, text, size);
    record->size += size;
}

static void append_pair(struct record *record, const char *key, const char *value)
{
    char escaped[RECORD_MAX];
    append(record, " ");
    append(record, key);
    append(record, "=");
    if (value) {
        log_escape(value, strlen(value), escaped, sizeof escaped);
        append(record, escaped);
    } else {
        append(record, "-");
    }
}

static void begin(struct record *record, enum log_level level, const char *event)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char now[CLOCK_TEXT_MAX];
    record->size = 0;
    append(record, clock_format_utc(clock_wall_us(), now));
    append(record, " ");
    append(record, names[level]);
    append(record, " ");
    append(record, log_role);
    append(record, " ");
    append(record, event);
}

static void end(struct record *record)
{
    record->text[record->size++] = '\n';
    /* A journal that cannot be written to has nowhere to say so. */
    ssize_t written = write(STDERR_FILENO, record->text, record->size);
    (void)written;
}

void log_event(enum log_level level, const char *event, ...)
{
    if (level > log_most) {
        return;
    }
    int saved = errno;
    struct record record;
    begin(&record, level, event);
    va_list pairs;
    va_start(pairs, event);
    const char *key;
    while ((key = va_arg(pairs, const char *)) != NULL) {
        append_pair(&record, key, va_arg(pairs, const char *));
    }
    va_end(pairs);
    end(&record);
    errno = saved;
}

void log_text(enum log_level level, const char *event, const char *format, ...)
{
    if (level > log_most) {
        return;
    }
    int saved = errno;
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct record record;
    begin(&record, level, event);
    append_pair(&record, "error", text);
    end(&record);
    errno = saved;
}
