/*
 * What a role answered, on the terminal: lines as they are, tables in columns or as JSON. A text
 * with tabs in its first line is a table: lines are rows, the first names the columns. Texts
 * that follow each other with the same first line are one table.
 */
#ifndef GARITA_CONSOLE_REPORT_H
#define GARITA_CONSOLE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/err.h"

struct report;

/* name: of the table in JSON; spaces become hyphens. */
struct report *report_new(bool json, const char *name, struct err *err);
void report_free(struct report *report);
DEFINE_AUTO(report, report_free);

/* Consumes text's contents: it is cut into its cells. */
bool report_put(struct report *report, char *text, struct err *err);

/* Prints the table that is still being put together, if any. */
bool report_finish(struct report *report, struct err *err);

/* One text for people, control characters replaced. */
void report_say(FILE *stream, const char *text);

#endif
