/*
 * The ledger: one append-only row per decision, each carrying the hash of the one before it, so
 * that nothing can be changed, taken out or put in without showing. It lives in the catalogue's
 * database and is written in the same transactions as what it tells of.
 *
 * hash = SHA-256(hash before || entry), where entry is sequence number, time, kind, account,
 * address and detail as the text that `garita ledger show` prints:
 *
 *     seq|2026-11-22T15:04:05.123456Z|kind|account|address|detail\n
 *
 * so that sha256sum and a shell can walk it too. The first row's "hash before" is 32 zero
 * bytes.
 */
#ifndef GARITA_REGISTRY_LEDGER_H
#define GARITA_REGISTRY_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "registry/catalogue.h"

struct ledger_entry {
    int64_t sequence; /* from 1, without gaps */
    int64_t time;     /* microseconds since 1970, UTC */
    char kind[CATALOGUE_CODE_SIZE];
    char account[CATALOGUE_ACCOUNT_SIZE];
    char address[CATALOGUE_ADDRESS_SIZE];
    char detail[CATALOGUE_DETAIL_SIZE];
    uint8_t hash[32];
};

/* The line that is hashed, with its newline. */
void ledger_format(const struct ledger_entry *entry, struct buf *line);
void ledger_hash(const uint8_t before[32], const struct ledger_entry *entry,
                 uint8_t hash[32]);

/* Entries after `after`, at most `most`. */
size_t ledger_read(struct catalogue *catalogue, int64_t after, struct ledger_entry *rows,
                   size_t most);

/* The sequence number of the last entry; 0 before the first. */
int64_t ledger_last(struct catalogue *catalogue);

/* Walks a part of the ledger. Begin with a zeroed struct; call until finished. */
struct ledger_walk {
    int64_t sequence; /* last entry that was right */
    uint8_t hash[32]; /* and its hash */
    bool finished;
    bool broken; /* the entry after `sequence` does not follow from it */
};
void ledger_verify(struct catalogue *catalogue, struct ledger_walk *walk, size_t most);

#endif
