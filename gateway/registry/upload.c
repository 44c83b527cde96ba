/*
 * The table of unfinished uploads (registry): buckets by account and folder, since what is asked
 * is either one name in a folder or all of a folder.
 */
#include "registry/upload.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "registry/registry.h"

enum { BUCKETS = 4096 };

struct upload_table {
    struct upload *buckets[BUCKETS];
};

struct upload_table *upload_table_new(struct err *err)
{
    struct upload_table *table = calloc(1, sizeof *table);
    if (!table) {
        err_sys(err, errno, "make the table of uploads");
    }
    return table;
}

static void upload_free(struct upload *upload)
{
    if (upload->read_fd >= 0) {
        close(upload->read_fd);
    }
    free(upload);
}

void upload_table_free(struct upload_table *table)
{
    if (!table) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (table->buckets[i]) {
            struct upload *upload = table->buckets[i];
            table->buckets[i] = upload->next;
            upload_free(upload);
        }
    }
    free(table);
}

static struct upload **bucket_of(struct upload_table *table, const char *account,
                                 const char *folder)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *at = account; *at; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    }
    hash = (hash ^ '/') * 1099511628211u;
    for (const char *at = folder; *at; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    }
    return &table->buckets[hash % BUCKETS];
}

static bool lies_in(const struct upload *upload, const char *account, const char *folder)
{
    return strcmp(upload->row.account, account) == 0 &&
           strcmp(upload->row.folder, folder) == 0;
}

struct upload *upload_add(struct upload_table *table, const struct upload_row *row,
                          int read_fd)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        return NULL;
    }
    upload->row = *row;
    upload->read_fd = read_fd;
    struct upload **bucket = bucket_of(table, row->account, row->folder);
    upload->next = *bucket;
    *bucket = upload;
    return upload;
}

struct upload *upload_find(struct upload_table *table, const char *account,
                           const char *folder, const char *name)
{
    struct upload *upload = *bucket_of(table, account, folder);
    while (upload &&
           !(lies_in(upload, account, folder) && strcmp(upload->row.name, name) == 0)) {
        upload = upload->next;
    }
    return upload;
}

static void unlink_upload(struct upload_table *table, struct upload *upload)
{
    struct upload **link = bucket_of(table, upload->row.account, upload->row.folder);
    while (*link != upload) {
        link = &(*link)->next;
    }
    *link = upload->next;
}

void upload_move(struct upload_table *table, struct upload *upload, const char *folder,
                 const char *name)
{
    unlink_upload(table, upload);
    strcpy(upload->row.folder, folder);
    strcpy(upload->row.name, name);
    struct upload **bucket = bucket_of(table, upload->row.account, folder);
    upload->next = *bucket;
    *bucket = upload;
}

void upload_remove(struct upload_table *table, struct upload *upload)
{
    unlink_upload(table, upload);
    upload_free(upload);
}

struct upload *upload_after(struct upload_table *table, const char *account,
                            const char *folder, const char *after)
{
    struct upload *best = NULL;
    for (struct upload *upload = *bucket_of(table, account, folder); upload;
         upload = upload->next) {
        if (lies_in(upload, account, folder) && strcmp(upload->row.name, after) > 0 &&
            (!best || strcmp(upload->row.name, best->row.name) < 0)) {
            best = upload;
        }
    }
    return best;
}

struct upload *upload_older(struct upload_table *table, int64_t than)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct upload *upload = table->buckets[i]; upload; upload = upload->next) {
            if (upload->row.begun < than && !upload->writer && !upload->settling) {
                return upload;
            }
        }
    }
    return NULL;
}

void upload_leave(struct upload *upload)
{
    upload->row.size = upload_size(upload);
    upload->writer = NULL;
    if (upload->read_fd >= 0) {
        close(TAKE_FD(upload->read_fd));
    }
}

void upload_drop(struct registry *registry, struct upload *upload)
{
    struct change *change = change_new(CHANGE_UPLOAD_DROP);
    change->upload = upload->row;
    change->event = "discarded";
    strcpy(change->account, upload->row.account);
    snprintf(change->detail, sizeof change->detail, "object=%s", upload->row.object);
    catalogue_submit(registry->catalogue, change);
    objects_destroy(registry->objects, upload->row.object);
    upload_remove(registry->uploads, upload);
}

uint64_t upload_size(const struct upload *upload)
{
    struct stat status = {0};
    if (upload->read_fd >= 0 && fstat(upload->read_fd, &status) == 0) {
        return (uint64_t)status.st_size;
    }
    return upload->row.size;
}
