/*
 * From findings to a verdict, from a folder or a name to an operation (registry). Pure but for
 * look-ups in catalogue and policy. What cannot be told is a finding, never a guess: a document in
 * the wrong client's file is worse than one that waits for a person.
 */
#include "registry/placing.h"

#include <stdio.h>
#include <string.h>

#include "registry/space.h"
#include "registry/tree.h"

/* The folder of an operation says where; it resolved when the upload was opened, and must still. */
static bool place_by_folder(const struct viewer *viewer, const struct upload_row *upload,
                            struct placing *placing)
{
    struct vpath path;
    struct place place;
    enum text reason;
    if (!vpath_parse(bytes_of_text(upload->folder), &path, &reason) ||
        !tree_place(viewer, &path, path.count, &place) || place.kind != PLACE_OPERATION) {
        return false;
    }
    strcpy(placing->rfc, place.rfc);
    placing->operation = place.operation.key;
    return true;
}

static bool same_operation(const struct operation_key *named,
                           const struct operation_key *key)
{
    bool section = named->aduana[2] != ' '; /* a name may give two digits of three */
    return strncmp(named->aduana, key->aduana, section ? 3 : 2) == 0 &&
           strcmp(named->patente, key->patente) == 0 &&
           strcmp(named->pedimento, key->pedimento) == 0;
}

/* How many operations of this client the name may mean; the first one is kept. Operations of a year
   are in the order of aduana, so that only those of one aduana are looked at. */
static unsigned count_named(struct registry *registry, const char *rfc,
                            const struct operation_key *named,
                            struct operation_key *found)
{
    struct operation_row rows[32];
    char after[OPERATION_NAME_MAX], prefix[8];
    unsigned matches = 0;
    snprintf(prefix, sizeof prefix, "%02d-%.2s", named->year % 100, named->aduana);
    snprintf(after, sizeof after, "%s", prefix);
    size_t count;
    while ((count = catalogue_operations(registry->catalogue, rfc, named->year, after,
                                         rows, ARRAY_SIZE(rows))) > 0) {
        for (size_t i = 0; i < count; i++) {
            operation_key_format(&rows[i].key, after);
            if (strncmp(after, prefix, strlen(prefix)) != 0) {
                return matches;
            }
            if (same_operation(named, &rows[i].key)) {
                *found = rows[i].key;
                matches++;
            }
        }
    }
    return matches;
}

/* From a drop box: the one operation, among the clients that the account serves, that the name's
   whole pedimento means. */
static bool place_by_name(const struct viewer *viewer, const struct operation_key *named,
                          struct placing *placing)
{
    struct registry *registry = viewer->registry;
    unsigned matches = 0;
    for (size_t i = 0; i < policy_client_count(registry->policy) && matches < 2; i++) {
        const char *rfc = policy_client(registry->policy, i).rfc;
        struct operation_key found;
        if (!policy_serves_client(registry->policy, viewer->account, rfc)) {
            continue;
        }
        unsigned here = count_named(registry, rfc, named, &found);
        if (here > 0 && matches == 0 &&
            policy_serves(registry->policy, viewer->account, rfc, found.aduana,
                          found.patente)) {
            snprintf(placing->rfc, sizeof placing->rfc, "%s", rfc);
            placing->operation = found;
        }
        matches += here;
    }
    if (matches != 1) {
        placing->rfc[0] = '\0';
        placing->operation = (struct operation_key){0};
    }
    return matches == 1 && placing->rfc[0] != '\0';
}

static void judge(const struct registry *registry, const struct policy_account *account,
                  struct placing *placing)
{
    placing->verdict = VERDICT_ACCEPT;
    placing->reason = FINDING_COUNT;
    for (enum finding finding = 0; finding < FINDING_COUNT; finding++) {
        if (!(placing->findings & finding_bit(finding))) {
            continue;
        }
        enum verdict verdict = policy_verdict(
            registry->policy, account, placing->type[0] ? placing->type : NULL, finding);
        if (verdict > placing->verdict) {
            placing->verdict = verdict;
            placing->reason = finding;
        }
    }
}

void placing_decide(struct registry *registry, const struct upload_row *upload,
                    struct placing *placing)
{
    struct viewer viewer = {registry,
                            policy_account_find(registry->policy, upload->account)};
    struct filing filing;
    filing_classify(registry->policy, upload->name, &filing);
    placing->type =
        filing.type_known
            ? policy_document_type(registry->policy, filing.document_type).code
            : "";
    if (!filing.type_known) {
        placing->findings |= finding_bit(FINDING_DOCUMENT_TYPE_UNKNOWN);
    } else if (!policy_document_type_takes(registry->policy, filing.document_type,
                                           filing.extension)) {
        placing->findings |= finding_bit(FINDING_FORMAT_NOT_ALLOWED);
    }
    if (!viewer.account) {
        /* It left the policy while its file was being looked at: nobody may file for it. */
        placing->findings |= finding_bit(FINDING_PLACE_UNKNOWN);
        placing->verdict = VERDICT_HOLD;
        placing->reason = FINDING_PLACE_UNKNOWN;
        return;
    }
    if (!place_by_folder(&viewer, upload, placing) &&
        !(filing.operation_known && place_by_name(&viewer, &filing.operation, placing))) {
        placing->findings |= finding_bit(FINDING_PLACE_UNKNOWN);
    }
    if (placing->size > policy_account_max_file(viewer.account)) {
        placing->findings |= finding_bit(FINDING_TOO_LARGE);
    }
    if (space_exceeded(registry, viewer.account, placing->size)) {
        placing->findings |= finding_bit(FINDING_QUOTA);
    }
    judge(registry, viewer.account, placing);
    /* A policy may accept any finding but this one: there is no file to put it in. */
    if (placing->rfc[0] == '\0' && placing->verdict == VERDICT_ACCEPT) {
        placing->verdict = VERDICT_HOLD;
        placing->reason = FINDING_PLACE_UNKNOWN;
    }
}

void placing_receipt(const struct placing *placing, struct receipt_row *receipt)
{
    static const enum receipt_result results[] = {[VERDICT_ACCEPT] = RECEIPT_FILED,
                                                  [VERDICT_HOLD] = RECEIPT_HELD,
                                                  [VERDICT_REJECT] = RECEIPT_REFUSED};
    receipt->result = results[placing->verdict];
    receipt->findings = placing->findings;
    receipt->reason = placing->reason;
    receipt->size = placing->size;
    receipt->operation = placing->operation;
    memcpy(receipt->sha256, placing->sha256, sizeof receipt->sha256);
    snprintf(receipt->rfc, sizeof receipt->rfc, "%s", placing->rfc);
    snprintf(receipt->type, sizeof receipt->type, "%s", placing->type);
    snprintf(receipt->media_type, sizeof receipt->media_type, "%s", placing->media_type);
}
