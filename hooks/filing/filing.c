/*
 * Reads what a file's name says: document type by the policy's rules, a whole pedimento, a
 * broker's reference. Runs in the registry; the name is a client's and only ever compared,
 * never used as a path. Pure. Which customs offices and patentes exist, and whether a
 * reference is known, is for those who have the tables.
 */
#include "hooks/filing/filing.h"

#include <string.h>

#include "base/auto.h"

/* A run of bytes inside the name; the name ends with NUL, its parts do not. */
struct part {
    const char *text;
    size_t size;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static bool is_letter(char c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

static struct part part_from(struct part part, size_t start)
{
    return (struct part){&part.text[start], part.size - start};
}

/* Position of the first (last) `wanted`, or the part's size. */
static size_t first_of(struct part part, char wanted)
{
    size_t at = 0;
    while (at < part.size && part.text[at] != wanted) {
        at++;
    }
    return at;
}

static size_t last_of(struct part part, char wanted)
{
    size_t found = part.size;
    for (size_t at = 0; at < part.size; at++) {
        found = part.text[at] == wanted ? at : found;
    }
    return found;
}

static bool same_text(struct part part, const char *text)
{
    for (size_t at = 0; at < part.size; at++) {
        if (text[at] == '\0' || to_lower(part.text[at]) != to_lower(text[at])) {
            return false;
        }
    }
    return text[part.size] == '\0';
}

/* ---- the parts of a name ----------------------------------------------------------- */

bool filing_is_partial(const struct policy *policy, const char *name, size_t *final_size)
{
    size_t size = strlen(name);
    size_t longest = 0;
    for (size_t at = 0; at < policy_partial_ending_count(policy); at++) {
        const char *ending = policy_partial_ending(policy, at);
        size_t length = strlen(ending);
        struct part whole = {name, size};
        if (length > longest && length < size &&
            same_text(part_from(whole, size - length), ending)) {
            longest = length;
        }
    }
    if (longest > 0) {
        *final_size = size - longest;
    }
    return longest > 0;
}

/* The name without its extension. A dot at the start hides a file, it does not end a stem. */
static struct part stem_of(struct part name)
{
    size_t dot = last_of(name, '.');
    return dot > 0 ? (struct part){name.text, dot} : name;
}

static void put_extension(struct part name, struct part stem, char *extension)
{
    size_t length = name.size > stem.size ? name.size - stem.size - 1 : 0;
    if (length >= FILING_EXTENSION_MAX) {
        length = 0;
    }
    for (size_t at = 0; at < length; at++) {
        extension[at] = to_lower(name.text[stem.size + 1 + at]);
    }
    extension[length] = '\0';
}

/* ---- the document type ------------------------------------------------------------- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* One step of a pattern without '*': how many bytes of the name `sign` takes; 0: no match. */
static size_t sign_takes(char sign, struct part name, size_t at)
{
    if (at >= name.size) {
        return 0;
    }
    char c = name.text[at];
    if (sign == '#') {
        return is_digit(c) ? 1 : 0;
    }
    if (sign != '?') {
        return to_lower(c) == to_lower(sign) ? 1 : 0;
    }
    size_t taken = 1;
    while (at + taken < name.size && is_continuation(name.text[at + taken])) {
        taken++;
    }
    return taken;
}

/* Goes back to the last '*' alone, so a hostile name costs name times pattern at most. */
static bool matches_pattern(struct part name, const char *pattern)
{
    size_t at = 0;
    size_t sign = 0;
    bool starred = false;
    size_t star_sign = 0;
    size_t star_at = 0;
    while (at < name.size) {
        if (pattern[sign] == '*') {
            starred = true;
            star_sign = ++sign;
            star_at = at;
            continue;
        }
        size_t taken = pattern[sign] ? sign_takes(pattern[sign], name, at) : 0;
        if (taken > 0) {
            at += taken;
            sign++;
        } else if (starred) {
            at = ++star_at;
            sign = star_sign;
        } else {
            return false;
        }
    }
    while (pattern[sign] == '*') {
        sign++;
    }
    return pattern[sign] == '\0';
}

static bool matches_prefix(struct part name, const char *text)
{
    size_t end = first_of(name, '_');
    return end < name.size && same_text((struct part){name.text, end}, text);
}

static bool matches_suffix(struct part stem, const char *text)
{
    size_t start = first_of(stem, '@');
    if (start == stem.size) {
        return false;
    }
    struct part suffix = part_from(stem, start + 1);
    suffix.size = first_of(suffix, '@');
    return same_text(suffix, text);
}

static bool matches_tail(struct part stem, const char *text)
{
    size_t start = last_of(stem, '_');
    return start < stem.size && same_text(part_from(stem, start + 1), text);
}

static bool matches(struct policy_name_rule rule, struct part name, struct part stem)
{
    switch (rule.kind) {
    case POLICY_NAME_PREFIX:
        return matches_prefix(name, rule.text);
    case POLICY_NAME_SUFFIX:
        return matches_suffix(stem, rule.text);
    case POLICY_NAME_TAIL:
        return matches_tail(stem, rule.text);
    case POLICY_NAME_PATTERN:
        return matches_pattern(name, rule.text);
    }
    return false;
}

static void tell_type(const struct policy *policy, struct part name, struct part stem,
                      struct filing *filing)
{
    for (size_t at = 0; at < policy_name_rule_count(policy); at++) {
        struct policy_name_rule rule = policy_name_rule(policy, at);
        if (matches(rule, name, stem)) {
            filing->type_known = true;
            filing->document_type = rule.document_type;
            return;
        }
    }
}

/* ---- the operation ----------------------------------------------------------------- */

/* How a pedimento is written in names: what stands between its groups, and whether its
   customs office has the third digit. Two spaces are the printed form (Anexo 22). Without
   separators a third digit could not be told. */
struct spelling {
    const char *separator;
    size_t aduana_digits;
};

static const struct spelling spellings[] = {
    {"", 2}, {"-", 2}, {"-", 3}, {" ", 2}, {" ", 3}, {"  ", 2}, {"  ", 3},
};

/* Copies `count` digits at *at and steps over them. */
static bool take_digits(struct part text, size_t *at, size_t count, char *digits)
{
    for (size_t taken = 0; taken < count; taken++) {
        if (*at >= text.size || !is_digit(text.text[*at])) {
            return false;
        }
        digits[taken] = text.text[*at];
        (*at)++;
    }
    return true;
}

static bool take_separator(struct part text, size_t *at, const char *separator)
{
    for (size_t taken = 0; separator[taken] != '\0'; taken++) {
        if (*at >= text.size || text.text[*at] != separator[taken]) {
            return false;
        }
        (*at)++;
    }
    return true;
}

static bool pedimento_at(struct part text, size_t at, struct spelling spelling,
                         struct operation_key *key)
{
    char year[2];
    struct operation_key found = {.aduana = "   "};
    bool whole = take_digits(text, &at, 2, year) &&
                 take_separator(text, &at, spelling.separator) &&
                 take_digits(text, &at, spelling.aduana_digits, found.aduana) &&
                 take_separator(text, &at, spelling.separator) &&
                 take_digits(text, &at, 4, found.patente) &&
                 take_separator(text, &at, spelling.separator) &&
                 take_digits(text, &at, 7, found.pedimento) &&
                 (at == text.size || !is_digit(text.text[at]));
    if (whole) {
        found.year = 2000 + 10 * (year[0] - '0') + (year[1] - '0');
        *key = found;
    }
    return whole;
}

static bool starts_digits(struct part text, size_t at)
{
    return is_digit(text.text[at]) && (at == 0 || !is_digit(text.text[at - 1]));
}

static void tell_operation(struct part stem, struct filing *filing)
{
    for (size_t at = 0; at < stem.size; at++) {
        for (size_t way = 0; way < ARRAY_SIZE(spellings) && starts_digits(stem, at);
             way++) {
            if (pedimento_at(stem, at, spellings[way], &filing->operation)) {
                filing->operation_known = true;
                return;
            }
        }
    }
}

/* ---- the reference ----------------------------------------------------------------- */

/* "m3420001.326", "k3420001.326", "m3420001.err": files of the validator, whose names are
   made of patente and day, not of a reference. */
static bool is_validator_file(struct part stem, const char *extension)
{
    struct part kind = {extension, strlen(extension)};
    return (matches_pattern(kind, "###") || matches_pattern(kind, "err")) &&
           matches_pattern(stem, "?#######") && strchr("mkeax", to_lower(stem.text[0]));
}

/* One to three letters and five digits or more ("Q2601234"). One letter behind them marks a
   rectification or the like (R, C, H, G, E) and belongs to the same operation: it is left
   out. What is known to nobody is the registry's to find out. */
static size_t reference_size(struct part text)
{
    size_t letters = 0;
    while (letters < text.size && is_letter(text.text[letters])) {
        letters++;
    }
    size_t end = letters;
    while (end < text.size && is_digit(text.text[end])) {
        end++;
    }
    bool grouped = end + 1 == text.size && strchr("RCHGE", to_upper(text.text[end]));
    bool whole = end == text.size || grouped;
    bool sized =
        letters >= 1 && letters <= 3 && end >= letters + 5 && end < FILING_REFERENCE_MAX;
    return whole && sized ? end : 0;
}

static void tell_reference(struct part stem, struct filing *filing)
{
    if (is_validator_file(stem, filing->extension)) {
        return;
    }
    struct part head = stem;
    head.size = first_of(head, '@');
    head.size = first_of(head, '_');
    size_t size = reference_size(head);
    for (size_t at = 0; at < size; at++) {
        filing->reference[at] = to_upper(head.text[at]);
    }
}

void filing_classify(const struct policy *policy, const char *name, struct filing *filing)
{
    *filing = (struct filing){0};
    struct part final = {name, strlen(name)};
    filing_is_partial(policy, name, &final.size);
    struct part stem = stem_of(final);
    put_extension(final, stem, filing->extension);
    tell_type(policy, final, stem, filing);
    tell_operation(stem, filing);
    tell_reference(stem, filing);
}
