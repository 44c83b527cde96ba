/*
 * The decision on an inspected upload: where it belongs, what is against it, and the verdict. Asks
 * hooks/filing what the name says and the policy what that means.
 */
#ifndef GARITA_REGISTRY_PLACING_H
#define GARITA_REGISTRY_PLACING_H

#include "registry/registry.h"

struct placing {
    /* in; borrowed */
    const char *media_type;
    const uint8_t *sha256;
    uint64_t size;
    /* in and out */
    finding_set findings;
    /* out */
    enum verdict verdict;
    enum finding
        reason;       /* the first of the strictest; FINDING_COUNT with VERDICT_ACCEPT */
    const char *type; /* the document type's code, or "" */
    char rfc[CATALOGUE_RFC_SIZE];   /* "" where no operation is known */
    struct operation_key operation; /* year 0 likewise */
};

void placing_decide(struct registry *registry, const struct upload_row *upload,
                    struct placing *placing);

/* Fills what a placing knows of a receipt. */
void placing_receipt(const struct placing *placing, struct receipt_row *receipt);

#endif
