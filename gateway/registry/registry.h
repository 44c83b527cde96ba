/*
 * What the parts of the registry share: one struct, made in main.c, passed to everybody. The
 * registry runs on one thread (the loop's); the store's own threads are behind catalogue.h and
 * objects.h.
 */
#ifndef GARITA_REGISTRY_H
#define GARITA_REGISTRY_H

#include <stdint.h>

#include "base/loop.h"
#include "policy/policy.h"
#include "registry/catalogue.h"
#include "registry/objects.h"
#include "role/role.h"

struct session;
struct upload_table;
struct inspections;
struct space;

struct registry {
    struct loop *loop;
    struct policy *policy;
    struct catalogue *catalogue;
    struct objects *objects;
    struct upload_table *uploads;
    struct inspections *inspections;
    struct session *sessions; /* all of them, linked */
    struct space *spaces;     /* of accounts whose uploads are just being stored */
    struct role_channel *auth;
    size_t intakes; /* under way */
    bool stopping;
};

enum {
    SECONDS_A_DAY = 86400,
    LISTED_DAYS = 30 /* what was sent stays in listings so long */
};

static inline int64_t registry_days_ago(int64_t now_us, int64_t days)
{
    return now_us - days * SECONDS_A_DAY * 1000000;
}

#endif
