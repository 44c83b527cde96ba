/*
 * Between the files of the sandbox; nobody else includes it.
 */
#ifndef GARITA_BASE_SANDBOX_PARTS_H
#define GARITA_BASE_SANDBOX_PARTS_H

#include "base/sandbox.h"

/* Confines this process by Landlock to what sandbox->files allows below the directory (an
   O_PATH descriptor, -1 for none) and away from TCP where the kernel can. */
bool sandbox_restrict_files(const struct sandbox *sandbox, int directory,
                            struct err *err);

/* Tries what must be refused by now. */
bool sandbox_try_files(const struct sandbox *sandbox, struct err *err);

#endif
