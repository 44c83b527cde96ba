/*
 * Penalties per source: an address whose connections end badly (no login, failed logins, a session
 * that died by a signal) collects seconds; from penalty_least_s on it is refused at the door until
 * they have run off. Modelled on OpenSSH's PerSourcePenalties. An IPv6 source is its /64.
 *
 * Times are milliseconds of the monotonic clock. The table has a fixed size; when it is full, the
 * source whose penalty ends first makes room, so that a flood of addresses cannot grow it.
 */
#ifndef GARITA_SUPERVISOR_PENALTIES_H
#define GARITA_SUPERVISOR_PENALTIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/err.h"

enum { PENALTIES_SOURCES = 4096 };

struct penalties;

struct penalties *penalties_new(struct err *err);
void penalties_free(struct penalties *penalties);
DEFINE_AUTO(penalties, penalties_free);

/* Adds milliseconds to what is left of the source's penalty, up to most_ms in all. */
void penalties_add(struct penalties *penalties, const char *address, int64_t now_ms,
                   int64_t added_ms, int64_t most_ms);

/* What is left of it. */
int64_t penalties_left(const struct penalties *penalties, const char *address,
                       int64_t now_ms);

#endif
