/*
 * The list of complaints, and the small arts of complaining: quoting and guessing.
 */
#include "policy_reader/complaints.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_reader/source.h"

enum { GUESS_LENGTH_MAX = 40, GUESS_DISTANCE_MAX = 2 };

void complaints_add(struct complaints *complaints, struct complaint_place place,
                    const char *format, ...)
{
    if (complaints->count == COMPLAINTS_MAX) {
        complaints->left_out++;
        return;
    }
    struct complaint *complaint = &complaints->list[complaints->count];
    complaint->place = place;
    complaint->sequence = complaints->count++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
    va_end(arguments);
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct complaint *a = left;
    const struct complaint *b = right;
    int order = source_compare(a->place.file, b->place.file);
    if (order == 0) {
        order = compare_numbers(a->place.line, b->place.line);
    }
    if (order == 0) {
        order = compare_numbers(a->place.column, b->place.column);
    }
    return order ? order : compare_numbers(a->sequence, b->sequence);
}

void complaints_sort(struct complaints *complaints)
{
    qsort(complaints->list, complaints->count, sizeof complaints->list[0], compare);
}

const char *complaints_line(const struct complaints *complaints, size_t index,
                            char line[COMPLAINT_LINE_MAX])
{
    const struct complaint *complaint = &complaints->list[index];
    const struct complaint_place *place = &complaint->place;
    if (place->line == 0) {
        snprintf(line, COMPLAINT_LINE_MAX, "%s: %s", place->file, complaint->text);
    } else {
        snprintf(line, COMPLAINT_LINE_MAX, "%s:%u:%u: %s", place->file, place->line,
                 place->column, complaint->text);
    }
    return line;
}

struct complaint_quote complaints_quote(const char *text)
{
    struct complaint_quote quote = {""};
    size_t room = sizeof quote.text - sizeof "\\xHH..." - 1;
    size_t used = 0;
    const char *at = text;
    for (; *at && used < room; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f || byte == '"') {
            used += (size_t)snprintf(&quote.text[used], 5, "\\x%02X", byte);
        } else {
            quote.text[used++] = *at;
        }
    }
    if (!*at) {
        return quote;
    }
    /* Not in the middle of a character. */
    while (used > 0 && ((unsigned char)*at & 0xc0) == 0x80) {
        used--;
        at--;
    }
    memcpy(&quote.text[used], "...", sizeof "...");
    return quote;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits between two words: change, add or drop a character, or swap two neighbours. */
static unsigned edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[GUESS_LENGTH_MAX + 1][GUESS_LENGTH_MAX + 1];
    for (unsigned i = 0; i <= a_size; i++) {
        for (unsigned j = 0; j <= b_size; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            unsigned change = a[i - 1] == b[j - 1] ? 0 : 1;
            unsigned best = least(rows[i - 1][j], rows[i][j - 1]) + 1;
            best = least(best, rows[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = least(best, rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    return rows[a_size][b_size];
}

void complaints_guess(struct complaint_guess *guess, const char *candidate)
{
    size_t wrong_size = strlen(guess->wrong);
    size_t size = strlen(candidate);
    if (wrong_size < 3 || wrong_size > GUESS_LENGTH_MAX || size > GUESS_LENGTH_MAX) {
        return;
    }
    unsigned distance = edit_distance(guess->wrong, wrong_size, candidate, size);
    if (distance > GUESS_DISTANCE_MAX || (guess->best && distance >= guess->distance)) {
        return;
    }
    guess->best = candidate;
    guess->distance = distance;
}

struct complaint_quote complaints_guessed(const struct complaint_guess *guess)
{
    struct complaint_quote text = {""};
    if (guess->best) {
        snprintf(text.text, sizeof text.text, "; did you mean \"%s\"?", guess->best);
    }
    return text;
}
