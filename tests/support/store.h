/*
 * A catalogue in a fresh folder below the build directory, for unit tests of the store:
 * opening, submitting and waiting on a loop of its own, and rows filled with something
 * plausible.
 */
#ifndef GARITA_TESTS_SUPPORT_STORE_H
#define GARITA_TESTS_SUPPORT_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <ftw.h>

#include "registry/catalogue_inside.h"

#define STORE_RFC "ACM010101AB1"
#define STORE_TIME INT64_C(1795359845123456) /* 2026-11-22T15:04:05.123456Z */

struct store {
    char directory[256];
    struct loop *loop;
    struct catalogue *catalogue;
    size_t waiting;
};

static inline void store_make_directory(char *directory, size_t size)
{
    snprintf(directory, size, "%s/store-XXXXXX", BINARY_DIRECTORY);
    assert_non_null(mkdtemp(directory));
}

static inline int store_remove_one(const char *path, const struct stat *status, int kind,
                                   struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void store_remove_directory(const char *directory)
{
    assert_int_equal(nftw(directory, store_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void store_open_catalogue(struct store *store)
{
    struct err err = {0};
    store->loop = loop_new(&err);
    assert_non_null(store->loop);
    store->catalogue = catalogue_open(store->loop, store->directory, &err);
    if (!store->catalogue) {
        fail_msg("%s", err.text);
    }
}

static inline void store_close_catalogue(struct store *store)
{
    catalogue_close(store->catalogue);
    loop_free(store->loop);
    store->catalogue = NULL;
}

static inline int store_setup(void **state)
{
    struct store *store = calloc(1, sizeof *store);
    assert_non_null(store);
    store_make_directory(store->directory, sizeof store->directory);
    store_open_catalogue(store);
    *state = store;
    return 0;
}

static inline int store_teardown(void **state)
{
    struct store *store = *state;
    if (store->catalogue) {
        store_close_catalogue(store);
    }
    store_remove_directory(store->directory);
    free(store);
    return 0;
}

static inline void store_on_done(struct change *change)
{
    struct store *store = change->context;
    if (--store->waiting == 0) {
        loop_stop(store->loop);
    }
}

/* The writer takes as many at once as are there when it looks. */
static inline void store_submit(struct store *store, struct change *change)
{
    change->context = store;
    change->done = store_on_done;
    store->waiting++;
    catalogue_submit(store->catalogue, change);
}

static inline void store_wait(struct store *store)
{
    assert_true(loop_run(store->loop, NULL));
    assert_int_equal(store->waiting, 0);
}

static inline enum change_result store_change(struct store *store, struct change *change)
{
    store_submit(store, change);
    store_wait(store);
    return change->result;
}

static inline struct operation_key store_key(unsigned number)
{
    struct operation_key key = {.year = 2026, .aduana = "240", .patente = "3420"};
    snprintf(key.pedimento, sizeof key.pedimento, "%07u", 6000000 + number % 1000000);
    return key;
}

static inline enum change_result store_add_operation(struct store *store, const char *rfc,
                                                     const struct operation_key *key,
                                                     int64_t *id)
{
    struct change change = {.kind = CHANGE_OPERATION_ADD, .event = "OPERATION"};
    snprintf(change.operation.rfc, sizeof change.operation.rfc, "%s", rfc);
    change.operation.key = *key;
    change.operation.created = STORE_TIME;
    enum change_result result = store_change(store, &change);
    *id = change.operation.id;
    return result;
}

/* A settlement of an object whose name and bytes are told by `number`. */
static inline void store_fill_settle(struct change *change, enum receipt_result result,
                                     const char *name, unsigned number)
{
    static const char *const events[] = {[RECEIPT_FILED] = "FILED",
                                         [RECEIPT_HELD] = "HELD",
                                         [RECEIPT_REFUSED] = "REFUSED"};
    *change = (struct change){.kind = CHANGE_SETTLE, .event = events[result]};
    struct receipt_row *receipt = &change->receipt;
    strcpy(change->account, "laredo");
    strcpy(change->address, "203.0.113.7");
    strcpy(receipt->account, "laredo");
    strcpy(receipt->address, "203.0.113.7");
    strcpy(receipt->folder, "/entrada");
    snprintf(receipt->name, sizeof receipt->name, "%s", name);
    strcpy(receipt->rfc, STORE_RFC);
    receipt->operation = store_key(1);
    strcpy(receipt->type, "FACTURA");
    strcpy(receipt->media_type, "application/pdf");
    memset(receipt->sha256, 0, sizeof receipt->sha256);
    memcpy(receipt->sha256, &number, sizeof number);
    receipt->size = number;
    receipt->modified = 1700000000;
    receipt->received = STORE_TIME;
    receipt->result = result;
    receipt->reason = FINDING_COUNT;
    snprintf(receipt->object, sizeof receipt->object, "%032x", number);
}

static inline struct receipt_row store_settle(struct store *store,
                                              enum receipt_result result,
                                              const char *name, unsigned number)
{
    struct change change;
    store_fill_settle(&change, result, name, number);
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    return change.receipt;
}

#endif
