/*
 * What accounts take: counted in the transaction that stores, the same when counted anew.
 */
#include "support/store.h"

static void assert_usage(struct store *store, const char *account, uint64_t bytes,
                         uint64_t files)
{
    struct catalogue_usage usage = catalogue_usage(store->catalogue, account);
    assert_int_equal(usage.bytes, bytes);
    assert_int_equal(usage.files, files);
}

static void operation_here(struct store *store)
{
    const struct operation_key key = store_key(1);
    int64_t id = 0;
    assert_int_equal(store_add_operation(store, STORE_RFC, &key, &id), CHANGE_DONE);
}

/* One of each: what is kept are the bytes of 100, 200, 400 and 800. */
static void settle_some(struct store *store)
{
    operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 100);
    store_settle(store, RECEIPT_FILED, "b.pdf", 200);
    struct receipt_row version = store_settle(store, RECEIPT_FILED, "a.pdf", 400);
    assert_int_equal(version.result, RECEIPT_VERSION);
    store_settle(store, RECEIPT_HELD, "c.pdf", 800);
    store_settle(store, RECEIPT_REFUSED, "d.pdf", 1600);
    struct change again;
    store_fill_settle(&again, RECEIPT_FILED, "e.pdf", 400);
    strcpy(again.receipt.object, "ffffffffffffffffffffffffffffffff");
    assert_int_equal(store_change(store, &again), CHANGE_DONE);
    assert_int_equal(again.receipt.result, RECEIPT_ALREADY);
}

static void catalogue_usage_of_who_sent_nothing_is_nothing(void **state)
{
    assert_usage(*state, "laredo", 0, 0);
}

static void catalogue_usage_counts_what_is_kept(void **state)
{
    struct store *store = *state;
    settle_some(store);
    assert_usage(store, "laredo", 1500, 4);
    assert_usage(store, "manzanillo", 0, 0);
}

static void catalogue_usage_is_by_sender(void **state)
{
    struct store *store = *state;
    settle_some(store);
    struct change other;
    store_fill_settle(&other, RECEIPT_FILED, "a.pdf", 7);
    strcpy(other.receipt.account, "manzanillo");
    assert_int_equal(store_change(store, &other), CHANGE_DONE);
    assert_usage(store, "manzanillo", 7, 1);
    assert_usage(store, "laredo", 1500, 4);
}

static void catalogue_usage_of_what_failed_does_not_change(void **state)
{
    struct store *store = *state;
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "a.pdf", 100);
    assert_int_equal(store_change(store, &change), CHANGE_MISSING);
    assert_usage(store, "laredo", 0, 0);
    operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 100);
    store_fill_settle(&change, RECEIPT_FILED, "b.pdf", 100);
    memset(change.receipt.sha256, 7, sizeof change.receipt.sha256);
    assert_int_equal(store_change(store, &change), CHANGE_FAILED); /* the same object */
    assert_usage(store, "laredo", 100, 1);
}

static void catalogue_usage_of_sizes_beyond_32_bits_is_exact(void **state)
{
    struct store *store = *state;
    operation_here(store);
    for (unsigned i = 1; i <= 2; i++) {
        struct change change;
        store_fill_settle(&change, RECEIPT_HELD, "a.pdf", i);
        change.receipt.size = (UINT64_C(1) << 40) + i;
        assert_int_equal(store_change(store, &change), CHANGE_DONE);
    }
    assert_usage(store, "laredo", (UINT64_C(2) << 40) + 3, 2);
}

static void recount(struct store *store)
{
    struct change change = {.kind = CHANGE_USAGE_RECOUNT};
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
}

static void catalogue_usage_recounted_is_the_same(void **state)
{
    struct store *store = *state;
    recount(store);
    settle_some(store);
    recount(store);
    assert_usage(store, "laredo", 1500, 4);
    store_settle(store, RECEIPT_HELD, "f.pdf", 5);
    assert_usage(store, "laredo", 1505, 5);
}

static void catalogue_usage_recounted_mends_what_was_wrong(void **state)
{
    struct store *store = *state;
    settle_some(store);
    assert_true(connection_exec(&store->catalogue->writer,
                                "UPDATE usage SET bytes = 1, files = 99;"
                                "INSERT INTO usage VALUES ('ghost', 5, 5)",
                                NULL));
    assert_usage(store, "ghost", 5, 5);
    recount(store);
    assert_usage(store, "laredo", 1500, 4);
    assert_usage(store, "ghost", 0, 0);
}

static void catalogue_usage_of_a_store_that_did_not_count_is_counted(void **state)
{
    struct store *store = *state;
    settle_some(store);
    catalogue_close(store->catalogue);
    loop_free(store->loop);
    char path[300];
    snprintf(path, sizeof path, "%s/catalogue.db", store->directory);
    struct sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "DROP TABLE usage; PRAGMA user_version=1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    store_open_catalogue(store);
    assert_usage(store, "laredo", 1500, 4);
    int64_t version = 0;
    assert_true(
        connection_pragma(&store->catalogue->reader, "user_version", &version, NULL));
    assert_int_equal(version, 2);
}

int main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        HERE(catalogue_usage_of_who_sent_nothing_is_nothing),
        HERE(catalogue_usage_counts_what_is_kept),
        HERE(catalogue_usage_is_by_sender),
        HERE(catalogue_usage_of_what_failed_does_not_change),
        HERE(catalogue_usage_of_sizes_beyond_32_bits_is_exact),
        HERE(catalogue_usage_recounted_is_the_same),
        HERE(catalogue_usage_recounted_mends_what_was_wrong),
        HERE(catalogue_usage_of_a_store_that_did_not_count_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
