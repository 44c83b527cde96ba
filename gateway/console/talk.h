/*
 * One command to a role: connects to its socket below the agency's folder, asks, shows what it
 * answers.
 */
#ifndef GARITA_CONSOLE_TALK_H
#define GARITA_CONSOLE_TALK_H

#include "base/bytes.h"
#include "console/command.h"
#include "console/report.h"

/* arguments: NUL-terminated texts. code is the role's exit code. */
bool talk(const char *agency, const struct command *command, struct bytes arguments,
          struct report *report, int *code, struct err *err);

#endif
