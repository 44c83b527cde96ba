/*
 * An upload's way in, from the client's CLOSE (or the RENAME to its final name) to the answer:
 *
 *     seal -> sync and inspect -> place -> settle -> answer
 *
 * The order is the promise. The lease shows that nobody can write any more, so what is synced,
 * hashed and inspected is what is published; the sync's result is read before anything is said
 * of the bytes (the inspector looks at them meanwhile); and the answer follows the commit of the row. When the verdict takes longer than
 * verdict_deadline_ms, the answer is OK as well, but only after a row says that the file waits for
 * its verdict: the start after a crash takes it up again.
 */
#ifndef GARITA_REGISTRY_INTAKE_H
#define GARITA_REGISTRY_INTAKE_H

#include "registry/session.h"
#include "registry/tree.h"
#include "registry/upload.h"

/* Takes a closed upload whose name is final. session and id say whom to answer; session is NULL
   for what a start took up again. The upload is removed when it is settled. */
void intake_begin(struct registry *registry, struct upload *upload,
                  struct session *session, uint32_t id);

/* Waits until nobody can write the upload's object any more, for at most WAIT_MS. done gets a
   descriptor for reading, which is the upload's, or -1. */
enum { INTAKE_LEASE_WAIT_MS = 5000 };
void intake_seal(struct registry *registry, struct upload *upload,
                 void (*done)(void *context, bool sealed), void *context);

#endif
