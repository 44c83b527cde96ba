/*
 * Where an upload belongs, told from its name: document type and what the name says of the
 * operation. Runs in the registry; pure: names in, answers out, rules from the policy.
 * Source of the naming habits: the brokers' own (prefix_, reference@suffix, M3, SITAWIN).
 */
#ifndef GARITA_HOOKS_FILING_H
#define GARITA_HOOKS_FILING_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/* "26-240-3420-6001234": year, aduana-seccion, patente, the seven digits of the pedimento. */
struct operation_key {
    int year;          /* four digits */
    char aduana[4];    /* "240" */
    char patente[5];   /* "3420" */
    char pedimento[8]; /* "6001234" */
};

enum { OPERATION_NAME_MAX = 20, FILING_EXTENSION_MAX = 16, FILING_REFERENCE_MAX = 64 };

/* Parses the folder name of an operation, and of the year that holds it ("2026"). */
bool operation_key_parse(const char *name, struct operation_key *key);
void operation_key_format(const struct operation_key *key, char name[OPERATION_NAME_MAX]);
bool operation_year_parse(const char *name, int *year);

struct filing {
    bool type_known;
    size_t document_type;                 /* index in the policy, if known */
    char extension[FILING_EXTENSION_MAX]; /* of the final name, lower case, "" if none */
    bool operation_known; /* the name holds a whole pedimento (15 digits and aduana) */
    struct operation_key
        operation; /* aduana has two digits and a space for the third if so named */
    char reference[FILING_REFERENCE_MAX]; /* "Q2601234", or "" */
};

/* name: one path segment, NFC. Never fails: what it cannot tell is not known. */
void filing_classify(const struct policy *policy, const char *name,
                     struct filing *filing);

/* True when name ends as unfinished uploads do; final_size is then the length of the name
   without that ending. */
bool filing_is_partial(const struct policy *policy, const char *name, size_t *final_size);

#endif
