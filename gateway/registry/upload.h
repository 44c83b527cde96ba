/*
 * Unfinished uploads, in memory, as the catalogue has them on disk: being written, left by a
 * dropped line, or closed and waiting for a final name. One writer per name and account. An upload
 * is found by account, folder and name; it shadows a filed version of that name for its owner
 * alone. State belongs to the account, not to a connection.
 */
#ifndef GARITA_REGISTRY_UPLOAD_H
#define GARITA_REGISTRY_UPLOAD_H

#include <stdbool.h>

#include "base/auto.h"
#include "registry/catalogue.h"

struct session;
struct registry;

struct upload {
    struct upload_row row;
    int read_fd;            /* owned; -1 while nobody writes it */
    struct session *writer; /* the connection that has it open, or NULL */
    bool settling;          /* an intake or a change has it; nobody else may touch it */
    struct upload *next;    /* in its bucket */
};

struct upload_table;

struct upload_table *upload_table_new(struct err *err);
void upload_table_free(struct upload_table *table); /* and every upload in it */
DEFINE_AUTO(upload_table, upload_table_free);

/* Takes row by copy and read_fd. NULL without memory, and then read_fd is still the caller's. */
struct upload *upload_add(struct upload_table *table, const struct upload_row *row,
                          int read_fd);
struct upload *upload_find(struct upload_table *table, const char *account,
                           const char *folder, const char *name);
/* Under another folder or name, where nothing may be. */
void upload_move(struct upload_table *table, struct upload *upload, const char *folder,
                 const char *name);
void upload_remove(struct upload_table *table, struct upload *upload); /* and frees it */

/* The first upload of that account and folder whose name comes after `after` bytewise. */
struct upload *upload_after(struct upload_table *table, const char *account,
                            const char *folder, const char *after);

/* Of any account, begun before an instant and with no writer; NULL if there is none. */
struct upload *upload_older(struct upload_table *table, int64_t than);

/* Nobody writes it any more; the bytes so far stay for a resume. */
void upload_leave(struct upload *upload);

/* Ends it without a receipt: its row, its bytes and itself. */
void upload_drop(struct registry *registry, struct upload *upload);

/* Bytes that it has now. */
uint64_t upload_size(const struct upload *upload);

#endif
