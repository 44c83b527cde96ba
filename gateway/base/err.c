/*
 * Errors as text on the caller's stack. Every process. Reads nothing from outside; the
 * format strings are ours, their arguments may be anyone's, so whoever logs a text
 * escapes it (base/log.c does).
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        err->code = code;
        err->sys = 0;
    }
    return false;
}

/* Puts ": " and text behind what err has, as far as it fits. */
static void append(struct err *err, const char *text)
{
    strncat(err->text, ": ", sizeof err->text - strlen(err->text) - 1);
    strncat(err->text, text, sizeof err->text - strlen(err->text) - 1);
}

bool err_sys(struct err *err, int errno_value, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        char why[ERR_TEXT_MAX] = "";
        append(err, strerror_r(errno_value, why, sizeof why));
        err->code = ERR_SYSTEM;
        err->sys = errno_value;
    }
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    if (err) {
        char inner[ERR_TEXT_MAX];
        memcpy(inner, err->text, sizeof inner);
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        append(err, inner);
    }
    return false;
}

void die(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_text(LOG_ERROR, "fatal", "%s", text);
    exit(1);
}

void bug(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_text(LOG_ERROR, "bug", "%s", text);
    abort();
}
