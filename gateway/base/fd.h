/*
 * Small truths about descriptors: whole reads and writes, flags, sealed memory files.
 * Every descriptor that we make is close-on-exec.
 */
#ifndef GARITA_BASE_FD_H
#define GARITA_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

bool fd_set_nonblocking(int fd, bool on, struct err *err);
bool fd_write_all(int fd, const void *bytes, size_t size, struct err *err);

/* Reads a whole file of at most ceiling bytes into fresh memory with a NUL behind it. */
char *fd_read_all(int fd, size_t ceiling, size_t *size, struct err *err);

/* A memory file with these contents, sealed against every change; -1 on failure.
   Its offset is 0. The name shows in /proc only. */
int fd_sealed(const char *name, struct bytes contents, struct err *err);

/* True when no holder of this memory file can change it any more. */
bool fd_is_sealed(int fd);

/* Closes every descriptor from `lowest` up. */
void fd_close_from(int lowest);

#endif
