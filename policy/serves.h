/*
 * Whether an account serves a client and an operation, and where that stands; for the
 * decision. Others use policy_serves_client() and policy_serves().
 */
#ifndef GARITA_POLICY_SERVES_H
#define GARITA_POLICY_SERVES_H

#include "policy/policy.h"

struct serves_answer {
    bool client;       /* it serves this client */
    bool operation;    /* with this aduana and patente; NULL ones are not looked at */
    const char *place; /* of the last service looked at, or of the account's list */
};

struct serves_answer serves_ask(const struct policy *policy,
                                const struct policy_account *account, const char *rfc,
                                const char *aduana, const char *patente);

#endif
