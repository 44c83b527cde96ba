/*
 * The start: what a crash may have left is put right, before anybody is heard. Doing it twice does
 * no more than doing it once.
 *
 *   unfinished uploads      are in memory again, to be resumed
 *   closed and answered     are taken in again (their verdict was still to come)
 *   without their object    lose their row: nothing of them was promised
 *   objects without a row   are destroyed: the pool's, or refused before the crash
 *   too old                 are discarded, now and once a day
 */
#ifndef GARITA_REGISTRY_RECOVERY_H
#define GARITA_REGISTRY_RECOVERY_H

#include "registry/registry.h"

bool recovery_run(struct registry *registry, struct err *err);

#endif
