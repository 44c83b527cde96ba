/*
 * The catalogue: what each kind of change does and leaves alone, what each list shows and
 * in which order, and that no list scans or sorts.
 */
#include "support/store.h"

#include "base/clock.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)

static int64_t operation_here(struct store *store)
{
    const struct operation_key key = store_key(1);
    int64_t id = 0;
    assert_int_equal(store_add_operation(store, STORE_RFC, &key, &id), CHANGE_DONE);
    return id;
}

static int64_t ledger_size(struct store *store)
{
    struct ledger_walk walk = {0};
    ledger_verify(store->catalogue, &walk, SIZE_MAX / 2);
    assert_true(walk.finished);
    assert_false(walk.broken);
    return walk.sequence;
}

/* ---- uploads ----------------------------------------------------------------------- */

static struct change upload_change(enum change_kind kind, const char *object)
{
    struct change change = {.kind = kind};
    struct upload_row *upload = &change.upload;
    strcpy(upload->object, object);
    strcpy(upload->account, "laredo");
    strcpy(upload->folder, "/entrada");
    strcpy(upload->name, "PED_1.pdf.filepart");
    upload->state = UPLOAD_WRITING;
    upload->begun = STORE_TIME;
    return change;
}

static void catalogue_upload_put_twice_keeps_the_last(void **state)
{
    struct store *store = *state;
    struct change put = upload_change(CHANGE_UPLOAD_PUT, "aa");
    assert_int_equal(store_change(store, &put), CHANGE_DONE);
    put.upload.state = UPLOAD_WAITING;
    put.upload.size = UINT64_C(1) << 40;
    put.upload.modified = -1;
    memset(put.upload.name, 0, sizeof put.upload.name);
    strcpy(put.upload.name, "Ñandú.pdf");
    assert_int_equal(store_change(store, &put), CHANGE_DONE);

    struct upload_row rows[2];
    assert_int_equal(catalogue_uploads(store->catalogue, "", rows, 2), 1);
    assert_memory_equal(&rows[0], &put.upload, sizeof rows[0]);
    assert_int_equal(catalogue_uploads(store->catalogue, "aa", rows, 2), 0);
    assert_true(catalogue_object_known(store->catalogue, "aa"));
    assert_int_equal(ledger_size(store), 0); /* no event was asked for */
}

static void catalogue_upload_drop_goes_once(void **state)
{
    struct store *store = *state;
    struct change put = upload_change(CHANGE_UPLOAD_PUT, "bb");
    store_change(store, &put);
    struct change drop = upload_change(CHANGE_UPLOAD_DROP, "bb");
    drop.event = "DISCARDED";
    assert_int_equal(store_change(store, &drop), CHANGE_DONE);
    assert_false(catalogue_object_known(store->catalogue, "bb"));
    assert_int_equal(ledger_size(store), 1);
    assert_int_equal(store_change(store, &drop), CHANGE_MISSING);
    assert_int_equal(ledger_size(store), 1); /* what did not happen is not told */
}

/* ---- operations -------------------------------------------------------------------- */

static void catalogue_operation_add_twice_exists(void **state)
{
    struct store *store = *state;
    const struct operation_key key = store_key(1);
    int64_t id = operation_here(store);
    int64_t again = 0;
    assert_int_equal(store_add_operation(store, STORE_RFC, &key, &again), CHANGE_EXISTS);
    assert_int_equal(again, id);
    assert_int_equal(store_add_operation(store, "XAXX010101000", &key, &again),
                     CHANGE_DONE);
    assert_int_not_equal(again, id);

    struct operation_row row;
    assert_true(catalogue_operation_find(store->catalogue, STORE_RFC, &key, &row));
    assert_int_equal(row.id, id);
    assert_int_equal(row.created, STORE_TIME);
    assert_true(catalogue_operation_by_id(store->catalogue, again, &row));
    assert_string_equal(row.rfc, "XAXX010101000");
    assert_memory_equal(&row.key, &key, sizeof key);
    assert_false(catalogue_operation_by_id(store->catalogue, again + 1, &row));
    const struct operation_key other = store_key(2);
    assert_false(catalogue_operation_find(store->catalogue, STORE_RFC, &other, &row));
}

static void catalogue_operations_page_in_order(void **state)
{
    struct store *store = *state;
    int64_t id = 0;
    for (unsigned i = 25; i > 0; i--) {
        struct operation_key key = store_key(i);
        assert_int_equal(store_add_operation(store, STORE_RFC, &key, &id), CHANGE_DONE);
        key.year = 2025;
        assert_int_equal(store_add_operation(store, STORE_RFC, &key, &id), CHANGE_DONE);
    }
    char after[OPERATION_NAME_MAX] = "";
    struct operation_row rows[10];
    unsigned seen = 0;
    size_t count;
    while ((count = catalogue_operations(store->catalogue, STORE_RFC, 2026, after, rows,
                                         10))) {
        for (size_t i = 0; i < count; i++) {
            const struct operation_key expected = store_key(++seen);
            assert_memory_equal(&rows[i].key, &expected, sizeof expected);
        }
        operation_key_format(&rows[count - 1].key, after);
    }
    assert_int_equal(seen, 25);

    int years[3];
    assert_int_equal(catalogue_years(store->catalogue, STORE_RFC, 0, years, 3), 2);
    assert_int_equal(years[0], 2025);
    assert_int_equal(years[1], 2026);
    assert_int_equal(catalogue_years(store->catalogue, STORE_RFC, 2025, years, 1), 1);
    assert_int_equal(years[0], 2026);
    assert_int_equal(catalogue_years(store->catalogue, "nobody", 0, years, 3), 0);
}

/* ---- settlements ------------------------------------------------------------------- */

static void catalogue_settle_files_a_document(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    struct change put =
        upload_change(CHANGE_UPLOAD_PUT, "00000000000000000000000000000007");
    store_change(store, &put);
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "FO_1.pdf", 7);
    change.receipt.findings =
        finding_bit(FINDING_PDF_REPAIRED) | finding_bit(FINDING_PLACE_UNKNOWN);
    change.receipt.reason = FINDING_PDF_REPAIRED;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_string_equal(change.receipt.folio, "A26-0000001");
    assert_int_equal(change.receipt.result, RECEIPT_FILED);
    assert_int_equal(change.receipt.ledger, 2);

    struct receipt_row receipt;
    assert_true(catalogue_receipt_find(store->catalogue, "A26-0000001", &receipt));
    assert_memory_equal(&receipt, &change.receipt, sizeof receipt);
    assert_false(catalogue_receipt_find(store->catalogue, "A26-0000002", &receipt));

    struct document_row row;
    assert_true(catalogue_document_find(store->catalogue, operation, "FO_1.pdf", &row));
    assert_int_equal(row.operation, operation);
    assert_int_equal(row.version, 1);
    assert_string_equal(row.type, "FACTURA");
    assert_string_equal(row.media_type, "application/pdf");
    assert_string_equal(row.object, change.receipt.object);
    assert_string_equal(row.account, "laredo");
    assert_memory_equal(row.sha256, change.receipt.sha256, 32);
    assert_int_equal(row.size, 7);
    assert_int_equal(row.modified, 1700000000);
    assert_int_equal(row.received, STORE_TIME);

    struct upload_row upload;
    assert_int_equal(catalogue_uploads(store->catalogue, "", &upload, 1), 0);
    assert_true(catalogue_object_known(store->catalogue, row.object));
}

static void catalogue_settle_into_no_operation_is_missing(void **state)
{
    struct store *store = *state;
    struct change put =
        upload_change(CHANGE_UPLOAD_PUT, "00000000000000000000000000000007");
    store_change(store, &put);
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "FO_1.pdf", 7);
    assert_int_equal(store_change(store, &change), CHANGE_MISSING);
    struct upload_row upload;
    assert_int_equal(catalogue_uploads(store->catalogue, "", &upload, 1), 1);
    assert_int_equal(ledger_size(store), 0);
    operation_here(store);
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_string_equal(change.receipt.folio, "A26-0000001"); /* no folio was lost */
}

static void catalogue_settle_same_bytes_is_already_received(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    struct receipt_row first = store_settle(store, RECEIPT_FILED, "FO_1.pdf", 7);
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "FO_copy.pdf", 7);
    strcpy(change.receipt.object, "00000000000000000000000000000008");
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_int_equal(change.receipt.result, RECEIPT_ALREADY);
    assert_string_equal(change.receipt.earlier, first.folio);
    assert_string_equal(change.receipt.object, ""); /* the caller destroys the bytes */
    struct document_row row;
    assert_false(
        catalogue_document_find(store->catalogue, operation, "FO_copy.pdf", &row));
    assert_false(
        catalogue_object_known(store->catalogue, "00000000000000000000000000000008"));
}

static void catalogue_settle_same_bytes_elsewhere_is_filed(void **state)
{
    struct store *store = *state;
    operation_here(store);
    store_settle(store, RECEIPT_FILED, "FO_1.pdf", 7);
    const struct operation_key other = store_key(2);
    int64_t id = 0;
    store_add_operation(store, STORE_RFC, &other, &id);
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "FO_1.pdf", 7);
    strcpy(change.receipt.object, "00000000000000000000000000000008");
    change.receipt.operation = other;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_int_equal(change.receipt.result, RECEIPT_FILED);
}

static void catalogue_settle_same_bytes_as_held_or_refused_is_filed(void **state)
{
    struct store *store = *state;
    operation_here(store);
    store_settle(store, RECEIPT_HELD, "FO_1.pdf", 7);
    struct change change;
    store_fill_settle(&change, RECEIPT_REFUSED, "FO_1.pdf", 7);
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_string_equal(change.receipt.object, "");
    store_fill_settle(&change, RECEIPT_FILED, "FO_1.pdf", 7);
    strcpy(change.receipt.object, "00000000000000000000000000000008");
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_int_equal(change.receipt.result, RECEIPT_FILED);
}

static void catalogue_settle_same_name_is_a_version(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    struct receipt_row first = store_settle(store, RECEIPT_FILED, "FO_1.pdf", 7);
    struct receipt_row second = store_settle(store, RECEIPT_FILED, "FO_1.pdf", 8);
    assert_int_equal(second.result, RECEIPT_VERSION);
    struct document_row row;
    assert_int_equal(catalogue_documents(store->catalogue, operation, "", &row, 1), 1);
    assert_int_equal(row.version, 2);
    assert_string_equal(row.object, second.object);
    assert_true(catalogue_object_known(store->catalogue, first.object)); /* history */
    /* Only the current version counts as received: the first bytes are a version
       again. */
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "FO_1.pdf", 7);
    strcpy(change.receipt.object, "00000000000000000000000000000009");
    store_change(store, &change);
    assert_int_equal(change.receipt.result, RECEIPT_VERSION);
}

static void catalogue_settle_same_object_twice_fails_alone(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    struct change changes[3];
    store_fill_settle(&changes[0], RECEIPT_FILED, "a.pdf", 7);
    store_fill_settle(&changes[1], RECEIPT_FILED, "b.pdf", 8);
    strcpy(changes[1].receipt.object, changes[0].receipt.object);
    store_fill_settle(&changes[2], RECEIPT_FILED, "c.pdf", 9);
    for (size_t i = 0; i < 3; i++) {
        store_submit(store, &changes[i]);
    }
    store_wait(store);
    assert_int_equal(changes[0].result, CHANGE_DONE);
    assert_int_equal(changes[1].result, CHANGE_FAILED);
    assert_int_equal(changes[2].result, CHANGE_DONE);
    assert_string_equal(changes[2].receipt.folio, "A26-0000002"); /* without a gap */
    struct document_row rows[3];
    assert_int_equal(catalogue_documents(store->catalogue, operation, "", rows, 3), 2);
    assert_int_equal(ledger_size(store), 3);
}

static void catalogue_folios_run_by_year_of_receipt(void **state)
{
    struct store *store = *state;
    static const struct {
        int64_t received;
        const char *folio;
        const char *why;
    } rows[] = {
        {INT64_C(1798761599999999), "A26-0000001", "last microsecond of 2026, UTC"},
        {INT64_C(1798761600000000), "A27-0000001", "first of 2027"},
        {INT64_C(1798761599000000), "A26-0000002", "the year before goes on"},
        {INT64_C(951782400000000), "A00-0000001", "29 February 2000"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct change change;
        store_fill_settle(&change, RECEIPT_HELD, "a.pdf", i + 1);
        change.receipt.received = rows[i].received;
        store_change(store, &change);
        assert_string_equal(change.receipt.folio, rows[i].folio);
    }
}

/* ---- documents --------------------------------------------------------------------- */

static struct document_row document_here(struct store *store, int64_t operation,
                                         const char *name)
{
    struct document_row row;
    assert_true(catalogue_document_find(store->catalogue, operation, name, &row));
    return row;
}

static struct change document_change(enum change_kind kind, int64_t id, const char *name)
{
    struct change change = {.kind = kind};
    change.document.id = id;
    strcpy(change.document.name, name);
    strcpy(change.document.type, "COVE");
    return change;
}

static void catalogue_hidden_document_comes_back_with_a_version(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    store_settle(store, RECEIPT_FILED, "FO_1.pdf", 7);
    struct document_row row = document_here(store, operation, "FO_1.pdf");
    struct change hide = document_change(CHANGE_DOCUMENT_HIDE, row.id, "");
    hide.event = "HIDDEN";
    assert_int_equal(store_change(store, &hide), CHANGE_DONE);
    assert_int_equal(store_change(store, &hide), CHANGE_MISSING);
    assert_false(catalogue_document_find(store->catalogue, operation, "FO_1.pdf", &row));
    assert_int_equal(catalogue_documents(store->catalogue, operation, "", &row, 1), 0);
    assert_int_equal(catalogue_client_documents(
                         store->catalogue, STORE_RFC,
                         ((struct catalogue_span){STORE_TIME, STORE_TIME + DAY}),
                         ((struct catalogue_position){"", 0}), &row, 1),
                     0);
    assert_true(
        catalogue_object_known(store->catalogue, "00000000000000000000000000000007"));

    /* The same bytes: what is hidden never counts as received. */
    struct change again;
    store_fill_settle(&again, RECEIPT_FILED, "FO_1.pdf", 7);
    strcpy(again.receipt.object, "00000000000000000000000000000008");
    store_change(store, &again);
    assert_int_equal(again.receipt.result, RECEIPT_VERSION);
    struct document_row back = document_here(store, operation, "FO_1.pdf");
    assert_int_equal(back.id, hide.document.id);
    assert_int_equal(back.version, 2);
}

static void catalogue_rename_onto_a_visible_name_exists(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 1);
    store_settle(store, RECEIPT_FILED, "b.pdf", 2);
    struct document_row a = document_here(store, operation, "a.pdf");
    struct change rename = document_change(CHANGE_DOCUMENT_RENAME, a.id, "b.pdf");
    assert_int_equal(store_change(store, &rename), CHANGE_EXISTS);
    strcpy(rename.document.name, "A.pdf"); /* names compare bytewise */
    assert_int_equal(store_change(store, &rename), CHANGE_DONE);
    struct document_row row = document_here(store, operation, "A.pdf");
    assert_int_equal(row.id, a.id);
    assert_string_equal(row.type, "COVE");
    assert_false(catalogue_document_find(store->catalogue, operation, "a.pdf", &row));
    assert_int_equal(store_change(store, &rename), CHANGE_DONE); /* onto itself */
    rename.document.id = 999;
    assert_int_equal(store_change(store, &rename), CHANGE_MISSING);
}

static void catalogue_rename_onto_a_hidden_name_works(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 1);
    store_settle(store, RECEIPT_FILED, "b.pdf", 2);
    struct document_row a = document_here(store, operation, "a.pdf");
    struct document_row b = document_here(store, operation, "b.pdf");
    struct change hide = document_change(CHANGE_DOCUMENT_HIDE, b.id, "");
    store_change(store, &hide);
    struct change rename = document_change(CHANGE_DOCUMENT_RENAME, b.id, "c.pdf");
    assert_int_equal(store_change(store, &rename), CHANGE_MISSING);
    rename = document_change(CHANGE_DOCUMENT_RENAME, a.id, "b.pdf");
    assert_int_equal(store_change(store, &rename), CHANGE_DONE);
    assert_int_equal(document_here(store, operation, "b.pdf").id, a.id);
    /* The visible one gets the version, not the hidden one of the same name. */
    assert_int_equal(store_settle(store, RECEIPT_FILED, "b.pdf", 3).result,
                     RECEIPT_VERSION);
    assert_int_equal(document_here(store, operation, "b.pdf").id, a.id);
}

static void catalogue_times_are_set_on_what_is_there(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 1);
    struct receipt_row held = store_settle(store, RECEIPT_HELD, "h.pdf", 2);
    struct receipt_row refused = store_settle(store, RECEIPT_REFUSED, "r.pdf", 3);
    struct change change = {.kind = CHANGE_DOCUMENT_TIME};
    change.document.id = document_here(store, operation, "a.pdf").id;
    change.document.modified = 123;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    assert_int_equal(document_here(store, operation, "a.pdf").modified, 123);
    change.document.id = 999;
    assert_int_equal(store_change(store, &change), CHANGE_MISSING);

    change = (struct change){.kind = CHANGE_HELD_TIME};
    change.receipt.id = held.id;
    change.receipt.modified = 456;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    struct receipt_row row;
    assert_true(catalogue_receipt_find(store->catalogue, held.folio, &row));
    assert_int_equal(row.modified, 456);
    change.receipt.id = refused.id;
    assert_int_equal(store_change(store, &change), CHANGE_MISSING);
}

static void catalogue_documents_page_bytewise(void **state)
{
    struct store *store = *state;
    int64_t operation = operation_here(store);
    static const char *const names[] = {"A.pdf",     "B.pdf", "a.pdf",
                                        "a.pdf.xml", "z.pdf", "\xc3\x91.pdf"};
    for (unsigned i = ARRAY_SIZE(names); i-- > 0;) {
        store_settle(store, RECEIPT_FILED, names[i], i + 1);
    }
    const char *after = "";
    struct document_row row;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(catalogue_documents(store->catalogue, operation, after, &row, 1),
                         1);
        assert_string_equal(row.name, names[i]);
        after = names[i];
    }
    assert_int_equal(catalogue_documents(store->catalogue, operation, after, &row, 1), 0);
}

static void file_at(struct store *store, unsigned operation, const char *name,
                    unsigned number, int64_t received)
{
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, name, number);
    change.receipt.operation = store_key(operation);
    change.receipt.received = received;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
}

static void catalogue_client_documents_page_through_a_month(void **state)
{
    struct store *store = *state;
    /* A month of Mexico City: 1 November 06:00 to 1 December 06:00, UTC. */
    const int64_t from = INT64_C(1793512800000000);
    const int64_t until = from + 30 * DAY;
    int64_t id = 0;
    for (unsigned i = 1; i <= 4; i++) {
        const struct operation_key key = store_key(i);
        store_add_operation(store, STORE_RFC, &key, &id);
    }
    file_at(store, 1, "b.pdf", 1, from - 1);
    file_at(store, 1, "same.pdf", 2, from);
    file_at(store, 2, "same.pdf", 3, until - 1); /* December, UTC */
    file_at(store, 3, "same.pdf", 4, from + DAY);
    file_at(store, 4, "same.pdf", 5, until);
    file_at(store, 2, "a.pdf", 6, until - HOUR);
    file_at(store, 3, "z.pdf", 7, from + 2 * DAY);

    static const unsigned expected[] = {6, 2, 3, 4, 7};
    for (size_t most = 1; most <= 6; most++) {
        struct document_row rows[6];
        char after[CATALOGUE_NAME_SIZE] = "";
        int64_t after_id = 0;
        size_t seen = 0, count;
        while ((count = catalogue_client_documents(
                    store->catalogue, STORE_RFC, ((struct catalogue_span){from, until}),
                    ((struct catalogue_position){after, after_id}), rows, most))) {
            for (size_t i = 0; i < count; i++) {
                assert_true(seen < ARRAY_SIZE(expected));
                assert_int_equal(rows[i].size, expected[seen++]);
            }
            strcpy(after, rows[count - 1].name);
            after_id = rows[count - 1].id;
        }
        assert_int_equal(seen, ARRAY_SIZE(expected));
    }
    struct document_row row;
    assert_true(catalogue_client_document_find(store->catalogue, STORE_RFC,
                                               ((struct catalogue_span){from, until}),
                                               "same.pdf", &row));
    assert_int_equal(row.size, 4);
    assert_false(catalogue_client_document_find(store->catalogue, STORE_RFC,
                                                ((struct catalogue_span){from, until}),
                                                "b.pdf", &row));
    assert_int_equal(catalogue_client_documents(store->catalogue, "XAXX010101000",
                                                ((struct catalogue_span){from, until}),
                                                ((struct catalogue_position){"", 0}),
                                                &row, 1),
                     0);
}

static void catalogue_month_of_any_time_zone_is_four_buckets(void **state)
{
    (void)state;
    /* Month beginnings, UTC: February, March (leap year), November, December, January. */
    static const int64_t begins[][2] = {{1706745600, 1709251200},
                                        {1709251200, 1711929600},
                                        {1793491200, 1796083200},
                                        {1796083200, 1798761600}};
    for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
        for (int64_t zone = -12; zone <= 14; zone++) {
            int64_t from = begins[i][0] * 1000000 - zone * HOUR;
            int64_t until = begins[i][1] * 1000000 - zone * HOUR;
            int64_t buckets[CIVIL_BUCKETS];
            assert_true(civil_buckets(from, until, buckets));
            for (int64_t time = from; time < until; time += HOUR / 2) {
                size_t at = 0;
                while (at < CIVIL_BUCKETS && buckets[at] != civil_bucket(time)) {
                    at++;
                }
                assert_true(at < CIVIL_BUCKETS);
            }
            /* What is looked at in vain is near the bounds. */
            assert_int_not_equal(civil_bucket(from), civil_bucket(from - 26 * HOUR));
            assert_int_not_equal(civil_bucket(until - 1),
                                 civil_bucket(until + 26 * HOUR));
        }
    }
    int64_t buckets[CIVIL_BUCKETS];
    assert_false(civil_buckets(0, INT64_MAX, buckets));
}

/* ---- receipts ---------------------------------------------------------------------- */

static void hold_at(struct store *store, const char *name, unsigned number,
                    int64_t received)
{
    struct change change;
    store_fill_settle(&change, RECEIPT_HELD, name, number);
    change.receipt.received = received;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
}

static void catalogue_receipts_are_those_of_the_span(void **state)
{
    struct store *store = *state;
    const int64_t from = INT64_C(1793512800000000);
    const int64_t until = from + 30 * DAY;
    hold_at(store, "before", 1, from - 1);
    hold_at(store, "late", 2, until - 1);
    hold_at(store, "early", 3, from); /* a later id with an earlier time */
    hold_at(store, "after", 4, until);
    hold_at(store, "middle", 5, from + 9 * DAY);

    struct receipt_row rows[8];
    int64_t after = 0;
    static const unsigned expected[] = {2, 3, 5};
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(catalogue_receipts(store->catalogue, "laredo",
                                            ((struct catalogue_span){from, until}), after,
                                            rows, 1),
                         1);
        assert_int_equal(rows[0].size, expected[i]);
        after = rows[0].id;
    }
    assert_int_equal(catalogue_receipts(store->catalogue, "laredo",
                                        ((struct catalogue_span){from, until}), after,
                                        rows, 1),
                     0);
    assert_int_equal(catalogue_receipts(store->catalogue, "laredo",
                                        ((struct catalogue_span){0, INT64_MAX}), 0, rows,
                                        8),
                     5);
    assert_int_equal(catalogue_receipts(store->catalogue, "laredo",
                                        ((struct catalogue_span){from, from + 300 * DAY}),
                                        0, rows, 8),
                     4);
    assert_int_equal(catalogue_receipts(store->catalogue, "other",
                                        ((struct catalogue_span){from, until}), 0, rows,
                                        8),
                     0);
    assert_int_equal(catalogue_receipts_newest(store->catalogue, "laredo", rows, 2), 2);
    assert_int_equal(rows[0].size, 5);
    assert_int_equal(rows[1].size, 4);
}

static void catalogue_held_pages_by_name_then_id(void **state)
{
    struct store *store = *state;
    operation_here(store);
    store_settle(store, RECEIPT_FILED, "a.pdf", 9);
    hold_at(store, "m.pdf", 1, STORE_TIME);
    hold_at(store, "m.pdf", 2, STORE_TIME);
    hold_at(store, "b.pdf", 3, STORE_TIME);
    hold_at(store, "m.pdf", 4, STORE_TIME);
    static const unsigned expected[] = {3, 1, 2, 4};
    struct receipt_row row;
    char after[CATALOGUE_NAME_SIZE] = "";
    int64_t after_id = 0;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(
            catalogue_held(store->catalogue, "laredo", after, after_id, &row, 1), 1);
        assert_int_equal(row.size, expected[i]);
        strcpy(after, row.name);
        after_id = row.id;
    }
    assert_int_equal(catalogue_held(store->catalogue, "laredo", after, after_id, &row, 1),
                     0);
    assert_true(catalogue_held_find(store->catalogue, "laredo", "m.pdf", &row));
    assert_int_equal(row.size, 4);
    assert_false(catalogue_held_find(store->catalogue, "laredo", "a.pdf", &row));
    assert_true(catalogue_object_known(store->catalogue, row.object));
}

static void catalogue_sent_shows_the_latest_of_each_name(void **state)
{
    struct store *store = *state;
    operation_here(store);
    const int64_t now = clock_wall_us();
    file_at(store, 1, "b.pdf", 1, now - 40 * DAY);
    file_at(store, 1, "a.pdf", 2, now - 29 * DAY);
    file_at(store, 1, "a.pdf", 3, now);
    file_at(store, 1, "c.pdf", 4, now - DAY);
    hold_at(store, "c.pdf", 5, now);
    hold_at(store, "d.pdf", 6, now);
    const int64_t spans[] = {now - 30 * DAY, now - 35 * DAY};
    for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
        struct receipt_row rows[3];
        assert_int_equal(
            catalogue_sent(store->catalogue,
                           (&(struct catalogue_box){"laredo", "/entrada", spans[i]}), "",
                           rows, 3),
            2);
        assert_int_equal(rows[0].size, 3);
        assert_int_equal(rows[1].size, 4);
    }
    struct receipt_row row;
    assert_int_equal(
        catalogue_sent(store->catalogue,
                       (&(struct catalogue_box){"laredo", "/entrada", now - 30 * DAY}),
                       "a.pdf", &row, 1),
        1);
    assert_string_equal(row.name, "c.pdf");
    assert_int_equal(catalogue_sent(store->catalogue,
                                    (&(struct catalogue_box){"laredo", "/entrada", 0}),
                                    "a.pdf", &row, 1),
                     1);
    assert_string_equal(row.name, "b.pdf");
    assert_int_equal(
        catalogue_sent(store->catalogue,
                       (&(struct catalogue_box){"laredo", "/otra", now - DAY}), "", &row,
                       1),
        0);
    assert_true(catalogue_sent_find(
        store->catalogue, (&(struct catalogue_box){"laredo", "/entrada", now - DAY}),
        "c.pdf", &row));
    assert_int_equal(row.result, RECEIPT_HELD); /* whatever became of the last one */
    assert_false(catalogue_sent_find(
        store->catalogue, (&(struct catalogue_box){"laredo", "/entrada", now - 30 * DAY}),
        "b.pdf", &row));
}

/* ---- plans ------------------------------------------------------------------------- */

static void check_plan_line(enum sql sql, const char *line)
{
    /* A merge of walks in the same order is no sorting. */
    if (strncmp(line, "SCAN", 4) == 0 || strstr(line, "TEMP B-TREE")) {
        fail_msg("%s: %s", sql_source(sql), line);
    }
}

static void catalogue_statements_never_scan_or_sort(void **state)
{
    struct store *store = *state;
    size_t lines = 0;
    for (enum sql sql = 0; sql < SQL_COUNT; sql++) {
        char text[4096];
        if (sql == SQL_USAGE_CLEAR || sql == SQL_USAGE_COUNT) {
            continue; /* a count of everything reads everything */
        }
        assert_true(snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s",
                             sql_source(sql)) < (int)sizeof text);
        struct sqlite3 *database = sql_whose(sql) & SQL_WHOSE_READER
                                       ? store->catalogue->reader.database
                                       : store->catalogue->writer.database;
        struct sqlite3_stmt *plan = NULL;
        assert_int_equal(sqlite3_prepare_v2(database, text, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            check_plan_line(sql, (const char *)sqlite3_column_text(plan, 3));
            lines++;
        }
        sqlite3_finalize(plan);
    }
    assert_true(lines > SQL_COUNT / 2);
}

/* ---- opening ----------------------------------------------------------------------- */

static void catalogue_settings_are_those_promised(void **state)
{
    struct store *store = *state;
    static const struct {
        const char *pragma;
        int64_t value;
    } rows[] = {{"synchronous", 2},        {"foreign_keys", 1},
                {"trusted_schema", 0},     {"cell_size_check", 1},
                {"wal_autocheckpoint", 0}, {"temp_store", 2},
                {"user_version", 2},       {"application_id", 0x47415249}};
    struct connection *connections[] = {&store->catalogue->reader,
                                        &store->catalogue->writer};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        int64_t value = -1;
        assert_true(
            connection_pragma(connections[i % 2], rows[i / 2].pragma, &value, NULL));
        assert_int_equal(value, rows[i / 2].value);
    }
    int64_t value = 0;
    assert_true(connection_pragma(connections[0], "query_only", &value, NULL));
    assert_int_equal(value, 1);
    assert_false(connection_exec(connections[0], "DELETE FROM upload", NULL));
    struct stat status;
    char path[300];
    snprintf(path, sizeof path, "%s/catalogue.db", store->directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void catalogue_open_refuses_a_foreign_database(void **state)
{
    struct store *store = *state;
    static const char *const spoils[] = {"PRAGMA application_id=1",
                                         "PRAGMA user_version=3"};
    for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
        assert_true(connection_exec(
            &store->catalogue->writer,
            "PRAGMA application_id=1195463241; PRAGMA user_version=2", NULL));
        assert_true(connection_exec(&store->catalogue->writer, spoils[i], NULL));
        struct err err = {0};
        assert_null(catalogue_open(store->loop, store->directory, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
}

int main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        HERE(catalogue_upload_put_twice_keeps_the_last),
        HERE(catalogue_upload_drop_goes_once),
        HERE(catalogue_operation_add_twice_exists),
        HERE(catalogue_operations_page_in_order),
        HERE(catalogue_settle_files_a_document),
        HERE(catalogue_settle_into_no_operation_is_missing),
        HERE(catalogue_settle_same_bytes_is_already_received),
        HERE(catalogue_settle_same_bytes_elsewhere_is_filed),
        HERE(catalogue_settle_same_bytes_as_held_or_refused_is_filed),
        HERE(catalogue_settle_same_name_is_a_version),
        HERE(catalogue_settle_same_object_twice_fails_alone),
        HERE(catalogue_folios_run_by_year_of_receipt),
        HERE(catalogue_hidden_document_comes_back_with_a_version),
        HERE(catalogue_rename_onto_a_visible_name_exists),
        HERE(catalogue_rename_onto_a_hidden_name_works),
        HERE(catalogue_times_are_set_on_what_is_there),
        HERE(catalogue_documents_page_bytewise),
        HERE(catalogue_client_documents_page_through_a_month),
        cmocka_unit_test(catalogue_month_of_any_time_zone_is_four_buckets),
        HERE(catalogue_receipts_are_those_of_the_span),
        HERE(catalogue_held_pages_by_name_then_id),
        HERE(catalogue_sent_shows_the_latest_of_each_name),
        HERE(catalogue_statements_never_scan_or_sort),
        HERE(catalogue_settings_are_those_promised),
        HERE(catalogue_open_refuses_a_foreign_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
