/*
 * Run by garita. What roles say may carry names that clients chose: libsmartcols and report_say()
 * keep control characters from the terminal.
 */
#include "console/report.h"

#include <stdio.h>
#include <string.h>

#include <libsmartcols.h>

#include "console/words.h"

enum { COLUMNS_MAX = 32, NAME_SIZE = 64, HEADER_SIZE = 1024 };

struct report {
    bool json;
    char name[NAME_SIZE];
    char header[HEADER_SIZE]; /* of the table in work */
    struct libscols_table *table;
    size_t column_count;
    const char *columns[COLUMNS_MAX]; /* their names as the role said them, in titles */
    char titles[HEADER_SIZE];
};

struct report *report_new(bool json, const char *name, struct err *err)
{
    struct report *report = calloc(1, sizeof *report);
    if (!report) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    report->json = json;
    snprintf(report->name, sizeof report->name, "%s", name);
    for (char *at = report->name; (at = strchr(at, ' ')) != NULL;) {
        *at = '-';
    }
    return report;
}

void report_free(struct report *report)
{
    if (report) {
        scols_unref_table(report->table);
        free(report);
    }
}

void report_say(FILE *stream, const char *text)
{
    bool second = false; /* of the two bytes that make a C1 control */
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool control =
            (byte < 0x20 && byte != '\n') || byte == 0x7f || (second && byte < 0xa0);
        fputc(control ? '?' : byte, stream);
        second = byte == 0xc2;
    }
}

static bool out_of_memory(struct err *err)
{
    return err_set(err, ERR_SYSTEM, "out of memory");
}

static bool add_columns(struct report *report, struct err *err)
{
    char *rest = NULL;
    snprintf(report->titles, sizeof report->titles, "%s", report->header);
    report->column_count = 0;
    for (char *title = strtok_r(report->titles, "\t", &rest); title;
         title = strtok_r(NULL, "\t", &rest)) {
        if (report->column_count == COLUMNS_MAX) {
            return err_set(err, ERR_LIMIT, "more than %d columns", COLUMNS_MAX);
        }
        report->columns[report->column_count++] = title;
        const char *shown = report->json ? title : words_of_role(title);
        if (!scols_table_new_column(report->table, shown, 0, 0)) {
            return out_of_memory(err);
        }
    }
    return true;
}

static bool begin_table(struct report *report, const char *header, struct err *err)
{
    if (strlen(header) >= sizeof report->header) {
        return err_set(err, ERR_LIMIT, "the table's first line is too long");
    }
    snprintf(report->header, sizeof report->header, "%s", header);
    report->table = scols_new_table();
    if (!report->table) {
        return out_of_memory(err);
    }
    scols_table_set_name(report->table, report->name);
    scols_table_enable_json(report->table, report->json);
    return add_columns(report, err);
}

/* Cells that hold one of a few words of ours; others hold names and are left alone. */
static bool is_word(const char *column, const char *first_cell)
{
    static const char *const columns[] = {"kind", "enabled", "item", "what"};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (strcmp(column, columns[i]) == 0) {
            return true;
        }
    }
    return strcmp(column, "value") == 0 &&
           (strcmp(first_cell, "kind") == 0 || strcmp(first_cell, "enabled") == 0);
}

static bool add_row(struct report *report, char *row, struct err *err)
{
    struct libscols_line *line = scols_table_new_line(report->table, NULL);
    if (!line) {
        return out_of_memory(err);
    }
    const char *first = NULL;
    for (size_t i = 0; i < report->column_count && row; i++) {
        const char *cell = strsep(&row, "\t");
        first = first ? first : cell;
        bool translate = !report->json && is_word(report->columns[i], first);
        if (scols_line_set_data(line, i, translate ? words_of_role(cell) : cell) != 0) {
            return out_of_memory(err);
        }
    }
    return true;
}

bool report_finish(struct report *report, struct err *err)
{
    if (!report->table) {
        return true;
    }
    int result = scols_print_table(report->table);
    scols_unref_table(report->table);
    report->table = NULL;
    return result == 0 || err_sys(err, -result, "print the table");
}

bool report_put(struct report *report, char *text, struct err *err)
{
    char *rest = text;
    char *header = strsep(&rest, "\n");
    if (!strchr(header, '\t')) {
        bool finished = report_finish(report, err);
        report_say(stdout, words_of_role(header));
        fputc('\n', stdout);
        if (rest) {
            report_say(stdout, rest);
            fputs(*rest && rest[strlen(rest) - 1] != '\n' ? "\n" : "", stdout);
        }
        return finished;
    }
    if (report->table && strcmp(report->header, header) != 0 &&
        !report_finish(report, err)) {
        return false;
    }
    if (!report->table && !begin_table(report, header, err)) {
        return false;
    }
    while (rest && *rest) {
        if (!add_row(report, strsep(&rest, "\n"), err)) {
            return false;
        }
    }
    return true;
}
