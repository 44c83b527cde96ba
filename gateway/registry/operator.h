/*
 * What operators ask of the registry through the console: the state of the gateway, receipts,
 * operations, and the ledger and its proof. Long answers are given piece by piece from the loop, so
 * that a walk over years of ledger delays no upload.
 */
#ifndef GARITA_REGISTRY_OPERATOR_H
#define GARITA_REGISTRY_OPERATOR_H

#include "registry/registry.h"

/* A console's channel; peer->uid is who calls. */
void operator_open(struct registry *registry, const struct role_peer *peer,
                   int take_channel);

#endif
