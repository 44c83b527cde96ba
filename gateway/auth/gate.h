/*
 * The gate: the state of garita-auth and its peers. Sessions ask it (visitor.h), operators
 * change what it knows (operator.h), keys tells it session identifiers, and the registry hears
 * from it who has come in.
 */
#ifndef GARITA_AUTH_GATE_H
#define GARITA_AUTH_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "auth/credentials.h"
#include "auth/identities.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/workers.h"
#include "policy/policy.h"
#include "role/role.h"

enum { GATE_BUCKETS = 1024 };

struct visitor;

struct gate {
    struct loop *loop;
    struct policy *policy; /* in force; never NULL once started */
    struct credentials *credentials;
    struct workers *hashers; /* the only ones that hash passwords */
    struct role_channel *registry;
    struct role_channel *keys;
    struct identities identities;
    struct visitor *visitors[GATE_BUCKETS]; /* by connection */
    uid_t owner;                            /* who started the gateway */
};

bool gate_start(struct gate *gate, struct loop *loop, struct err *err);
bool gate_policy(struct gate *gate, int take_fd, struct err *err);
void gate_peer(struct gate *gate, const struct role_peer *peer, int take_channel);
void gate_stop(struct gate *gate);

/* An account that may log in at all: in the policy, and not disabled. */
bool gate_account_enabled(struct gate *gate, const char *account);

/* A fact for the ledger: kind is of registry/events.def, detail `key=value` pairs with values
   escaped as in the journal. */
void gate_tell(struct gate *gate, const char *kind, const char *account,
               const char *address, const char *detail);

#endif
