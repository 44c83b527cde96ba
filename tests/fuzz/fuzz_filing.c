/*
 * Names as clients send them: whatever filing tells must hold together.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../support/filing_rules.h"
#include "base/auto.h"
#include "hooks/filing/filing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_key(const struct operation_key *key)
{
    char name[OPERATION_NAME_MAX];
    operation_key_format(key, name);
    struct operation_key again;
    if (key->aduana[2] == ' ') {
        check(strlen(name) == OPERATION_NAME_MAX - 2);
    } else {
        check(operation_key_parse(name, &again) && again.year == key->year);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *name = malloc(size + 1);
    if (!name) {
        return 0;
    }
    memcpy(name, data, size);
    name[size] = '\0';
    struct filing filing;
    filing_classify(NULL, name, &filing);
    check(strlen(filing.extension) < FILING_EXTENSION_MAX);
    check(strlen(filing.reference) < FILING_REFERENCE_MAX);
    check(!filing.type_known || filing.document_type < policy_name_rule_count(NULL));
    if (filing.operation_known) {
        check_key(&filing.operation);
    }
    size_t final_size;
    if (filing_is_partial(NULL, name, &final_size)) {
        check(final_size > 0 && final_size < strlen(name));
    }
    struct operation_key key;
    if (operation_key_parse(name, &key)) {
        check_key(&key);
    }
    int year;
    check(!operation_year_parse(name, &year) || (year >= 2000 && year < 2100));
    return 0;
}
