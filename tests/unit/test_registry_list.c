/*
 * Listings, whose pages must join without a gap or a double, and the texts with which the tree
 * explains itself: LEEME.txt and receipts.
 */
#include "support/registry_bench.h"

#include "base/clock.h"
#include "registry/calendar.h"

static const struct policy_file simple[] = {
    {"document-types.yaml",
     "- {code: PEDIMENTO, title: Pedimento, formats: [pdf], client_sees: true,\n"
     "   correspondent_sees: true, correspondent_sends: true}\n"
     "- {code: CONTRATO, title: Contrato, formats: [pdf], correspondent_sends: true}\n"
     "- {code: CUENTA_GASTOS, title: Cuenta, formats: [pdf], client_sees: true,\n"
     "   expense_account: true, correspondent_sends: true}\n"},
    {"names.yaml", "- {prefix: PED, type: PEDIMENTO}\n"
                   "- {prefix: CON, type: CONTRATO}\n"
                   "- {prefix: CG, type: CUENTA_GASTOS}\n"}};

static const char *year_folder(const char *rfc, int year, const char *name)
{
    char folder[64];
    snprintf(folder, sizeof folder, "/clientes/%s/%04d", rfc, year);
    return bench_path(folder, name);
}

static const char *month_folder(const char *view)
{
    int year, month;
    char name[32];
    calendar_month_of(clock_wall_us(), &year, &month);
    snprintf(name, sizeof name, "%04d/%02d", year, month);
    return bench_path(view, name);
}

/* ---- pages ------------------------------------------------------------------------- */

static size_t settling;

static void on_settled(struct change *change)
{
    assert_int_equal(change->result, CHANGE_DONE);
    settling--;
    free(change);
}

static bool all_settled(struct bench *bench)
{
    (void)bench;
    return settling == 0;
}

/* Rows without bytes, as many uploads would leave them. */
static void settle(struct bench *bench, enum receipt_result result, const char *name,
                   unsigned number)
{
    struct change *change = calloc(1, sizeof *change);
    assert_non_null(change);
    struct receipt_row *receipt = &change->receipt;
    change->kind = CHANGE_SETTLE;
    change->event = "filed";
    strcpy(change->account, "laredo");
    strcpy(receipt->account, "laredo");
    strcpy(receipt->folder, bench->operation);
    snprintf(receipt->name, sizeof receipt->name, "%s", name);
    strcpy(receipt->rfc, ACME);
    assert_true(
        operation_key_parse(strrchr(bench->operation, '/') + 1, &receipt->operation));
    strcpy(receipt->type, "PEDIMENTO");
    strcpy(receipt->media_type, "application/pdf");
    memcpy(receipt->sha256, &number, sizeof number);
    receipt->size = number;
    receipt->received = clock_wall_us();
    receipt->result = result;
    receipt->reason =
        result == RECEIPT_HELD ? FINDING_DOCUMENT_TYPE_UNKNOWN : FINDING_COUNT;
    snprintf(receipt->object, sizeof receipt->object, "%032x", number);
    change->done = on_settled;
    settling++;
    catalogue_submit(bench->registry.catalogue, change);
}

static void list_lists_five_hundred_documents_once_each(void **state)
{
    enum { MANY = 500 };
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    char name[CATALOGUE_NAME_SIZE];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "PED_%05u.pdf", i * 7919 % MANY);
        settle(bench, RECEIPT_FILED, name, i);
    }
    bench_wait(bench, all_settled);
    /* One's own unfinished upload shadows the document of its name. */
    struct reply opened =
        client_open(laredo, bench_path(bench->operation, "PED_00007.pdf"), BENCH_WRITE);
    assert_ok(opened);
    struct listing listing = client_list(laredo, bench->operation);
    assert_int_equal(listing.count, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "PED_%05u.pdf", i);
        assert_int_equal(listing_has(&listing, name), 1);
    }
    listing_free(&listing);
    close(opened.fd);
    struct client *acme = client_new(bench, "acme");
    listing = client_list(acme, bench->files);
    assert_int_equal(listing.count, MANY);
    listing_free(&listing);
    listing = client_list(laredo, month_folder("/acuses"));
    assert_int_equal(listing.count, MANY);
    listing_free(&listing);
}

static void list_lists_held_files_of_the_longest_names(void **state)
{
    enum { MANY = 150 };
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    char name[CATALOGUE_NAME_SIZE];
    for (unsigned i = 0; i < MANY; i++) {
        memset(name, 'x', sizeof name);
        name[sizeof name - 1] = '\0';
        /* Of two lengths and with doubles, so that pages end at odd places. */
        snprintf(name, 4, "%03u", i / 2);
        name[3] = 'x';
        name[i % 3 == 0 ? 180 : 255] = '\0';
        settle(bench, RECEIPT_HELD, name, i);
    }
    bench_wait(bench, all_settled);
    struct listing listing = client_list(laredo, "/retenidos");
    assert_int_equal(listing.count, 2 * MANY);
    for (size_t i = 0; i < listing.count; i++) {
        assert_int_equal(listing_has(&listing, listing.entries[i].name), 1);
    }
    listing_free(&listing);
}

static void list_lists_the_newest_of_two_expense_accounts_of_one_name(void **state)
{
    struct bench *bench = *state;
    bench_policy(bench, simple, ARRAY_SIZE(simple));
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    const char *other = year_folder(
        ACME, bench->year, bench_operation_name(bench, "240", "3420", "7000001"));
    assert_ok(client_make_folder(laredo, other));
    assert_ok(client_put(laredo, bench_path(bench->operation, "CG_1.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(other, "CG_1.pdf"), PDF "el otro"));
    const char *folder = month_folder("/cuentas-de-gastos");
    struct listing listing = client_list(acme, folder);
    assert_int_equal(listing.count, 1);
    assert_int_equal(listing.entries[0].size, strlen(PDF "el otro"));
    listing_free(&listing);
    AUTO_FREE char *bytes = client_get(acme, bench_path(folder, "CG_1.pdf"));
    assert_string_equal(bytes, PDF "el otro");
    /* Expense accounts are not among the documents. */
    assert_reply(client_stat(acme, bench->files), TREE_NO_SUCH, "NO_SUCH");
}

/* ---- texts ------------------------------------------------------------------------- */

static void list_readme_is_as_long_as_it_says(void **state)
{
    static const char *const accounts[] = {"laredo", "acme", "sica", "operaciones"};
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_ñandú.pdf"), PDF));
    for (size_t i = 0; i < ARRAY_SIZE(accounts); i++) {
        struct client *client = client_new(bench, accounts[i]);
        AUTO_FREE char *text = client_get(client, "/LEEME.txt");
        assert_non_null(text);
        assert_int_equal(client_stat(client, "/LEEME.txt").size, strlen(text));
        struct listing listing = client_list(client, "/");
        assert_string_equal(listing.entries[0].name, "LEEME.txt");
        assert_int_equal(listing.entries[0].size, strlen(text));
        listing_free(&listing);
        assert_text(text, accounts[i]);
        assert_text(text, "Agencia Aduanal de Ejemplo");
    }
    AUTO_FREE char *text = client_get(laredo, "/LEEME.txt");
    assert_text(text, "Sus últimos envíos");
    assert_text(text, "PED_ñandú.pdf");
    assert_text(text, "/entrada: ");
    assert_text(text, "2147483648");
}

static void list_receipts_are_in_spanish_and_ones_own(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *manzanillo = client_new(bench, "manzanillo");
    char name[64];
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_2.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "nada.pdf"), PDF "dos"));
    const char *folder = month_folder("/acuses");
    struct listing listing = client_list(laredo, folder);
    assert_int_equal(listing.count, 3);
    static const char *const words[] = {"archivado", "duplicado", "retenido"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "A%02d-%07d-%s.txt", bench->year % 100, i + 1,
                 words[i]);
        assert_string_equal(listing.entries[i].name, name);
        AUTO_FREE char *text = client_get(laredo, bench_path(folder, name));
        assert_text(text, "Acuse A");
        assert_text(text, "SHA-256: ");
        assert_text(text, "Cuenta: laredo");
        assert_int_equal(listing.entries[i].size, strlen(text));
        assert_reply(client_stat(manzanillo, bench_path(folder, name)), TREE_NO_SUCH,
                     "NO_SUCH");
    }
    listing_free(&listing);
    snprintf(name, sizeof name, "A%02d-0000001-retenido.txt", bench->year % 100);
    assert_reply(client_stat(laredo, bench_path(folder, name)), TREE_NO_SUCH, "NO_SUCH");
    listing = client_list(manzanillo, folder);
    assert_int_equal(listing.count, 0);
    listing_free(&listing);
}

static void list_speaks_english_to_who_asked_for_it(void **state)
{
    struct bench *bench = *state;
    static const struct policy_file english[] = {
        {"accounts/laredo.yaml",
         "role: corresponsal\nlanguage: en\nserves: [{client: " ACME "}]\n"}};
    bench_policy(bench, english, ARRAY_SIZE(english));
    struct client *laredo = client_new(bench, "laredo");
    struct reply reply =
        client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF);
    assert_text(reply.text, "Received and filed. Receipt A");
    assert_string_equal(client_stat(laredo, "/nada").text, "No such file or folder.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(list_lists_five_hundred_documents_once_each),
        TEST(list_lists_held_files_of_the_longest_names),
        TEST(list_lists_the_newest_of_two_expense_accounts_of_one_name),
        TEST(list_readme_is_as_long_as_it_says),
        TEST(list_receipts_are_in_spanish_and_ones_own),
        TEST(list_speaks_english_to_who_asked_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
