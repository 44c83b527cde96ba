/*
 * The space of an account: what its stored files take, together with what is just being stored, so
 * that uploads which end at the same moment in several sessions cannot pass a quota together.
 */
#ifndef GARITA_REGISTRY_SPACE_H
#define GARITA_REGISTRY_SPACE_H

#include "registry/registry.h"

/* Never less than what is taken; more only while a file is being stored that turns out to be
   known already. */
struct catalogue_usage space_used(const struct registry *registry, const char *account);

/* Would a file of this size pass the account's quota? */
bool space_exceeded(const struct registry *registry, const struct policy_account *account,
                    uint64_t size);
/* Is nothing left, so that sending more is in vain? */
bool space_full(const struct registry *registry, const struct policy_account *account);

/* A settlement is on its way to the catalogue, and is there (kept: its bytes count). */
void space_claim(struct registry *registry, const char *account, uint64_t size);
void space_settle(struct registry *registry, const char *account, uint64_t size,
                  bool kept);

#endif
