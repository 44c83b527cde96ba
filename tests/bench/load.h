/*
 * The load driver's parts: one SFTP session of a client, and the documents it sends. For
 * measuring, not for tests of behaviour: whatever goes wrong ends the driver with a message.
 */
#ifndef GARITA_TESTS_BENCH_LOAD_H
#define GARITA_TESTS_BENCH_LOAD_H

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints and exits with 1. */
void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

double load_seconds(void); /* monotonic */

/* ---- load_session.c: where to, and a session there ---------------------------------------- */

struct load_target {
    const char *host;
    unsigned port;
    const char *user;
    ssh_key key;
};

enum { LOAD_HANDLE_MAX = 256, LOAD_WRITE_SIZE = 32 * 1024, LOAD_PACKET_MAX = 272 * 1024 };

struct load_session {
    ssh_session ssh;
    ssh_channel channel; /* NULL: logged in only */
    uint32_t last_id;
    uint8_t packet[LOAD_PACKET_MAX]; /* the last answer */
    uint32_t packet_size;
};

struct load_handle {
    uint32_t size;
    uint8_t bytes[LOAD_HANDLE_MAX];
};

/* The session is allocated; load_leave() frees it. */
struct load_session *load_login(const struct load_target *target);
void load_begin_sftp(struct load_session *session);
void load_leave(struct load_session *session);

/* Each waits for its answer. */
void load_open(struct load_session *session, const char *path,
               struct load_handle *handle);
void load_open_folder(struct load_session *session, const char *path,
                      struct load_handle *handle);
/* All of it, pipelined. */
void load_write(struct load_session *session, const struct load_handle *handle,
                const uint8_t *bytes, size_t size);
/* Fails unless the answer is OK: filed or held, with Garita. */
void load_close(struct load_session *session, const struct load_handle *handle);
void load_stat(struct load_session *session, const char *path);
/* The number of entries, 0 at the end. */
uint32_t load_read_folder(struct load_session *session, const struct load_handle *handle);

/* ---- load_pdf.c: documents ---------------------------------------------------------------- */

enum { LOAD_PDF_LEAST = 4096 };

/* A valid PDF of exactly `size` bytes: a page, and images that fill it up. Allocated. Two with
   different serials differ, each object of theirs parses alike. */
uint8_t *load_pdf(size_t size, uint64_t serial);
/* Makes the same document another one, in place. */
void load_pdf_renumber(uint8_t *pdf, uint64_t serial);

#endif
