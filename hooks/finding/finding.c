/*
 * The list of findings as tables, straight from finding.def. Linked by the registry, the
 * inspectors, the policy and the texts; pure, no state. The sentences are text.c's.
 */
#include "hooks/finding/finding.h"

#include <string.h>

_Static_assert(FINDING_COUNT <= 64, "a finding_set has one bit a finding");

struct entry {
    const char *code;
    enum verdict verdict;
};

static const struct entry entries[FINDING_COUNT] = {
#define FINDING(code, verdict, sentence) {#code, VERDICT_##verdict},
#include "hooks/finding/finding.def"
#undef FINDING
};

const char *finding_code(enum finding finding)
{
    return entries[finding].code;
}

enum verdict finding_default(enum finding finding)
{
    return entries[finding].verdict;
}

bool finding_by_code(const char *code, enum finding *finding)
{
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        if (strcmp(code, entries[at].code) == 0) {
            *finding = (enum finding)at;
            return true;
        }
    }
    return false;
}
