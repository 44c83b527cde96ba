/*
 * The ledger: the form of an entry, the chain, and that whatever is changed, taken out,
 * put in or moved by somebody with the database in his hands shows.
 */
#include "support/store.h"

static struct ledger_walk verify(struct store *store, size_t most)
{
    struct ledger_walk walk = {0};
    while (!walk.finished) {
        ledger_verify(store->catalogue, &walk, most);
    }
    return walk;
}

static void append(struct store *store, const char *event, const char *account,
                   const char *address, const char *detail)
{
    struct change change = {.kind = CHANGE_EVENT, .event = event};
    snprintf(change.account, sizeof change.account, "%s", account);
    snprintf(change.address, sizeof change.address, "%s", address);
    snprintf(change.detail, sizeof change.detail, "%s", detail);
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
}

static void ledger_format_is_one_line(void **state)
{
    (void)state;
    static const struct {
        int64_t time;
        const char *text;
        const char *why;
    } rows[] = {
        {STORE_TIME, "2026-11-22T15:04:05.123456Z", "an afternoon"},
        {INT64_C(1709164800000000), "2024-02-29T00:00:00.000000Z", "a leap day"},
        {INT64_C(951868799999999), "2000-02-29T23:59:59.999999Z",
         "a leap day of a century"},
        {INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z",
         "a century without one"},
        {0, "1970-01-01T00:00:00.000000Z", "the epoch"},
        {-1, "1969-12-31T23:59:59.999999Z", "a clock before it"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ledger_entry entry = {.sequence = 7, .time = rows[i].time};
        strcpy(entry.kind, "login");
        strcpy(entry.account, "laredo");
        strcpy(entry.address, "203.0.113.7");
        strcpy(entry.detail, "method=key");
        char expected[128];
        snprintf(expected, sizeof expected, "7|%s|login|laredo|203.0.113.7|method=key\n",
                 rows[i].text);
        struct buf line;
        buf_init(&line, 4096);
        ledger_format(&entry, &line);
        assert_int_equal(buf_size(&line), strlen(expected));
        assert_memory_equal(buf_view(&line).at, expected, strlen(expected));
        buf_done(&line);
    }
}

static void ledger_hash_is_that_of_a_shell(void **state)
{
    (void)state;
    /* (head -c 32 /dev/zero; printf '1|2026-11-22T15:04:05.123456Z|login|laredo||\n') |
       sha256sum */
    static const char expected[] =
        "04ade22130d7ecaf45fc785a45ceafce152605c612e4a347615e330af686eefe";
    struct ledger_entry entry = {.sequence = 1, .time = STORE_TIME};
    strcpy(entry.kind, "login");
    strcpy(entry.account, "laredo");
    uint8_t before[32] = {0}, hash[32];
    char text[65];
    ledger_hash(before, &entry, hash);
    hex_encode((struct bytes){hash, 32}, text, sizeof text);
    assert_string_equal(text, expected);
}

static void ledger_entries_chain_and_page(void **state)
{
    struct store *store = *state;
    for (int i = 0; i < 5; i++) {
        append(store, "LOGIN", "laredo", "203.0.113.7", "method=key");
    }
    struct ledger_entry rows[3];
    uint8_t hash[32] = {0};
    int64_t after = 0;
    size_t count;
    while ((count = ledger_read(store->catalogue, after, rows, 3))) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[i].sequence, ++after);
            assert_string_equal(rows[i].kind, "login");
            assert_string_equal(rows[i].account, "laredo");
            ledger_hash(hash, &rows[i], hash);
            assert_memory_equal(hash, rows[i].hash, 32);
        }
    }
    assert_int_equal(after, 5);
    for (size_t most = 1; most <= 6; most++) {
        struct ledger_walk walk = verify(store, most);
        assert_false(walk.broken);
        assert_int_equal(walk.sequence, 5);
        assert_memory_equal(walk.hash, hash, 32);
    }
    store_close_catalogue(store);
    store_open_catalogue(store);
    append(store, "LOGIN", "laredo", "", "");
    assert_false(verify(store, 100).broken);
}

static void ledger_account_cannot_forge_a_field(void **state)
{
    struct store *store = *state;
    append(store, "LOGIN_FAILED", "a|b\n2|x", "1|2", "one\ntwo|three");
    struct ledger_entry row;
    assert_int_equal(ledger_read(store->catalogue, 0, &row, 1), 1);
    assert_string_equal(row.kind, "login_failed");
    assert_string_equal(row.account, "a/b\\x0a2/x");
    assert_string_equal(row.address, "1/2");
    assert_string_equal(row.detail, "one?two|three");
    assert_false(verify(store, 100).broken);
}

static void ledger_settlement_tells_all_of_it(void **state)
{
    struct store *store = *state;
    const struct operation_key key = store_key(1);
    int64_t id = 0;
    store_add_operation(store, STORE_RFC, &key, &id);
    struct change change;
    store_fill_settle(&change, RECEIPT_FILED, "", 7);
    memset(change.receipt.name, '\xc3', CATALOGUE_NAME_SIZE - 1);
    change.receipt.reason = FINDING_PDF_REPAIRED;
    assert_int_equal(store_change(store, &change), CHANGE_DONE);
    struct ledger_entry row;
    assert_int_equal(ledger_read(store->catalogue, 1, &row, 1), 1);
    static const char begin[] = "receipt=A26-0000001 result=filed rfc=" STORE_RFC
                                " operation=26-240-3420-6000001 name=\\xc3";
    static const char end[] =
        "\\xc3 type=FACTURA sha256="
        "0700000000000000000000000000000000000000000000000000000000000000 size=7 "
        "reason=PDF_REPAIRED";
    assert_string_equal(row.kind, "filed");
    assert_memory_equal(row.detail, begin, strlen(begin));
    assert_string_equal(row.detail + strlen(row.detail) - strlen(end), end);
    assert_int_equal(strlen(row.detail),
                     strlen(begin) + strlen(end) + 4 * (CATALOGUE_NAME_SIZE - 1 - 2));
    assert_int_equal(row.sequence, change.receipt.ledger);
}

/* ---- tampering --------------------------------------------------------------------- */

#define FREE "DROP TRIGGER ledger_update; DROP TRIGGER ledger_delete; "

static void tamper(struct store *store, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/catalogue.db", store->directory);
    struct sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(database, text, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", text, message);
    }
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void ledger_tampered_with_is_broken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t last; /* entry that is still right */
        const char *why;
    } rows[] = {
        {"UPDATE ledger SET detail = 'n=9' WHERE sequence = 3", 2, "another detail"},
        {"UPDATE ledger SET time = time + 1 WHERE sequence = 1", 0, "a microsecond"},
        {"UPDATE ledger SET kind = 'logout' WHERE sequence = 5", 4,
         "the last one's kind"},
        {"UPDATE ledger SET address = 'ad|dr', detail = 'x' WHERE sequence = 2", 1,
         "the same line, read in another way"},
        {"UPDATE ledger SET detail = CAST(x'6e3d3300' || 'hidden' AS TEXT)"
         " WHERE sequence = 3",
         2, "text behind a NUL"},
        {"UPDATE ledger SET detail = detail || hex(zeroblob(2000)) WHERE sequence = 3", 2,
         "longer than we read"},
        {"DELETE FROM ledger WHERE sequence = 3", 2, "one taken out"},
        {"DELETE FROM ledger WHERE sequence = 1", 0, "the first taken out"},
        {"DELETE FROM ledger WHERE sequence = 5", 4, "the last taken out"},
        {"DELETE FROM ledger", 0, "all taken out"},
        {"DELETE FROM ledger WHERE sequence = 3;"
         "UPDATE ledger SET sequence = sequence - 1 WHERE sequence > 3",
         2, "one taken out and the gap closed"},
        {"INSERT INTO ledger SELECT 6, time, kind, account, address, detail, hash FROM "
         "ledger"
         " WHERE sequence = 5",
         5, "one put in at the end"},
        {"UPDATE ledger SET sequence = -sequence WHERE sequence > 2;"
         "UPDATE ledger SET sequence = 1 - sequence WHERE sequence < 0;"
         "INSERT INTO ledger SELECT 3, time, kind, account, address, detail, hash FROM "
         "ledger"
         " WHERE sequence = 2",
         2, "one put in between"},
        {"UPDATE ledger SET sequence = 9 WHERE sequence = 3;"
         "UPDATE ledger SET sequence = 3 WHERE sequence = 4;"
         "UPDATE ledger SET sequence = 4 WHERE sequence = 9",
         2, "two changed places"},
        {"UPDATE ledger_head SET sequence = 4", 5, "the head turned back"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct store *store;
        store_setup((void **)&store);
        append(store, "LOGIN", "laredo", "addr", "n=1");
        append(store, "LOGIN", "laredo", "ad", "dr|x");
        for (int n = 3; n <= 5; n++) {
            append(store, "LOGIN", "laredo", "addr", "n=3");
        }
        assert_false(verify(store, 2).broken);
        char text[1024];
        snprintf(text, sizeof text, FREE "%s", rows[i].text);
        tamper(store, text);
        struct ledger_walk walk = verify(store, 2);
        if (!walk.broken || walk.sequence != rows[i].last) {
            fail_msg("%s: broken %d after %d", rows[i].why, walk.broken,
                     (int)walk.sequence);
        }
        store_teardown((void **)&store);
    }
}

static void ledger_cut_short_stays_broken_after_more_entries(void **state)
{
    struct store *store = *state;
    for (int i = 0; i < 3; i++) {
        append(store, "LOGIN", "laredo", "", "");
    }
    store_close_catalogue(store);
    tamper(store, FREE "DELETE FROM ledger WHERE sequence = 3");
    store_open_catalogue(store);
    append(store, "LOGIN", "laredo", "", "");
    struct ledger_walk walk = verify(store, 100);
    assert_true(walk.broken);
    assert_int_equal(walk.sequence, 2);
}

static void ledger_rows_refuse_to_change(void **state)
{
    struct store *store = *state;
    append(store, "LOGIN", "laredo", "", "");
    struct connection *writer = &store->catalogue->writer;
    assert_false(connection_exec(writer, "UPDATE ledger SET detail = ''", NULL));
    assert_false(connection_exec(writer, "DELETE FROM ledger", NULL));
}

int main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger_format_is_one_line),
        cmocka_unit_test(ledger_hash_is_that_of_a_shell),
        HERE(ledger_entries_chain_and_page),
        HERE(ledger_account_cannot_forge_a_field),
        HERE(ledger_settlement_tells_all_of_it),
        cmocka_unit_test(ledger_tampered_with_is_broken),
        HERE(ledger_cut_short_stays_broken_after_more_entries),
        HERE(ledger_rows_refuse_to_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
