/*
 * The closed list of findings, as numbers, codes and default verdicts. A finding is what was
 * seen; the verdict on it is policy's.
 */
#ifndef GARITA_HOOKS_FINDING_H
#define GARITA_HOOKS_FINDING_H

#include <stdbool.h>
#include <stdint.h>

enum verdict { VERDICT_ACCEPT, VERDICT_HOLD, VERDICT_REJECT }; /* later is stricter */

enum finding {
#define FINDING(code, verdict, sentence) FINDING_##code,
#include "hooks/finding/finding.def"
#undef FINDING
    FINDING_COUNT
};

/* One bit a finding. */
typedef uint64_t finding_set;

static inline finding_set finding_bit(enum finding finding)
{
    return (finding_set)1 << finding;
}

const char *finding_code(enum finding finding); /* "PDF_SCRIPT" */
enum verdict finding_default(enum finding finding);
bool finding_by_code(const char *code, enum finding *finding);

#endif
