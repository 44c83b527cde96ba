/*
 * What went wrong, said once by the line that failed.
 *
 * A function that can fail returns bool and takes `struct err *` last; the caller owns
 * the struct, usually on its stack. err_set() and err_sys() return false, so that the
 * failing line reads `return err_sys(err, errno, "open %s", path);`. A NULL err is
 * allowed and drops the text. die() is for a start that cannot succeed, bug() for a state
 * that our own code made impossible; neither is for input.
 */
#ifndef GARITA_BASE_ERR_H
#define GARITA_BASE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE,
    ERR_SYSTEM,  /* a system call or library call failed; sys holds errno if it set one */
    ERR_INPUT,   /* bytes from outside do not follow their format */
    ERR_LIMIT,   /* a named limit was reached */
    ERR_CLOSED,  /* the peer is gone */
    ERR_TIMEOUT, /* a deadline passed */
    ERR_CORRUPT, /* our own stored state contradicts itself */
    ERR_NOT_FOUND /* the thing named does not exist */
};

enum { ERR_TEXT_MAX = 160 };

struct err {
    enum err_code code;
    int sys;
    char text[ERR_TEXT_MAX];
};

bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends ": " and the text of errno_value. */
bool err_sys(struct err *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<format>: " before the text that err already has, keeping its code. */
bool err_wrap(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void bug(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
