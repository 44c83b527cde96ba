/*
 * The commands as a table, and how a command line becomes a message to a role.
 */
#ifndef GARITA_CONSOLE_COMMAND_H
#define GARITA_CONSOLE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum { COMMAND_WORDS_MAX = 8, COMMAND_ARGUMENTS_MAX = 24 * 1024 /* bytes sent */ };

/* A command line, taken apart. Texts borrow argv. */
struct command_line {
    const char *agency; /* --agency, or GARITA_AGENCY; NULL: neither */
    bool json;
    bool generate;
    bool help;
    bool version;
    size_t word_count;
    const char *words[COMMAND_WORDS_MAX]; /* verb and arguments */
};

struct command {
    const char *verb;
    const char *arguments;
    const char *socket; /* below the agency's folder "run" */
    size_t least;
    size_t most;
    bool (*fill)(const struct command_line *line, const char *const *arguments,
                 size_t count, struct buf *out, struct err *err);
    const char *help; /* a msgid */
};

bool command_line_parse(int argc, const char *const *argv, struct command_line *line,
                        struct err *err);

/* The command whose verb the words begin with; count is how many words are arguments. NULL:
   none, or err says what is wrong with its arguments. */
const struct command *command_find(const struct command_line *line, size_t *count,
                                   struct err *err);

/* Puts the arguments that are sent: NUL-terminated texts. May read a password or a file. */
bool command_fill(const struct command *command, const struct command_line *line,
                  size_t count, struct buf *out, struct err *err);

void command_print_help(FILE *stream);

#endif
