/*
 * What was asked of garita-inspect and not answered yet. When inspect is gone, what was asked is
 * asked again of the one that comes back; each question carries its own deadline, past which the
 * answer is "not inspected". Only so many are asked at once: the others wait here, in their order,
 * and not in a channel that they would fill.
 */
#ifndef GARITA_REGISTRY_INSPECTIONS_H
#define GARITA_REGISTRY_INSPECTIONS_H

#include "base/auto.h"
#include "registry/registry.h"
#include "wire/inspection.h"

struct inspection {
    /* in: borrowed until done */
    const char *account;
    const char *name;
    int fd;
    /* called once, with what was seen; inspect_answer borrows for the call only */
    void (*done)(struct inspection *inspection, const struct inspect_answer *answer);
    void *context;
    /* not the caller's */
    uint64_t id;
    unsigned asked; /* times */
    bool under_way; /* asked of the inspect that is there */
    bool given_up;  /* its answer, "not inspected", is on its way */
    struct inspections *table;
    struct inspection *next;
};

struct inspections *inspections_new(struct loop *loop, struct err *err);
void inspections_free(struct inspections *inspections);
DEFINE_AUTO(inspections, inspections_free);

/* A (new) channel to inspect. */
void inspections_connect(struct inspections *inspections, int take_channel);
void inspections_deadline(struct inspections *inspections, uint32_t deadline_ms);

void inspections_ask(struct inspections *inspections, struct inspection *inspection);

#endif
