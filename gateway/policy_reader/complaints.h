/*
 * What is wrong with a policy, all of it: each with file, line and column, sorted as a person
 * reads the files. At most COMPLAINTS_MAX are kept; the rest is counted. File names are
 * borrowed; they and whatever is quoted must outlive only the call, but the names the list.
 */
#ifndef GARITA_POLICY_READER_COMPLAINTS_H
#define GARITA_POLICY_READER_COMPLAINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMPLAINTS_MAX = 100, COMPLAINT_TEXT_MAX = 480, COMPLAINT_LINE_MAX = 800 };

struct complaint_place {
    const char *file;
    uint32_t line; /* from 1; 0: the file as a whole */
    uint32_t column;
};

struct complaint {
    struct complaint_place place;
    size_t sequence;
    char text[COMPLAINT_TEXT_MAX];
};

struct complaints {
    size_t count;
    size_t left_out;
    struct complaint list[COMPLAINTS_MAX];
};

void complaints_add(struct complaints *complaints, struct complaint_place place,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));
void complaints_sort(struct complaints *complaints);

/* "accounts/laredo.yaml:7:5: unknown key ..."; returns line. */
const char *complaints_line(const struct complaints *complaints, size_t index,
                            char line[COMPLAINT_LINE_MAX]);

/* A text from a file, to be shown: cut, control characters as \xHH. */
struct complaint_quote {
    char text[120];
};
struct complaint_quote complaints_quote(const char *text);

/* Finds among the right words the one that was meant by a wrong one. */
struct complaint_guess {
    const char *wrong;
    const char *best;
    unsigned distance;
};
void complaints_guess(struct complaint_guess *guess, const char *candidate);

/* "; did you mean \"language\"?" or "". */
struct complaint_quote complaints_guessed(const struct complaint_guess *guess);

#endif
