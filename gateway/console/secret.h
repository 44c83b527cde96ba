/*
 * A new password: typed without showing, read from a pipe, or made.
 */
#ifndef GARITA_CONSOLE_SECRET_H
#define GARITA_CONSOLE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* From standard input, up to the end of the line; from a terminal twice. */
bool secret_read(char *secret, size_t size, struct err *err);

/* 20 characters of 32 kinds in four groups: 100 random bits, and nothing that looks alike. */
bool secret_generate(char *secret, size_t size, struct err *err);

#endif
