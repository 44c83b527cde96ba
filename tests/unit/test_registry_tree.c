/*
 * The virtual tree of a correspondent: what may be made where, what is listed and how its pages
 * join, what keeps answering after it went elsewhere, and the texts that it explains itself with.
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

static const char *year_folder(const struct bench *bench, const char *rfc, int year,
                               const char *name)
{
    char folder[64];
    snprintf(folder, sizeof folder, "/clientes/%s/%04d", rfc, year);
    return bench_path(folder, name);
}

static const char *month_folder(const struct bench *bench, const char *view)
{
    (void)bench;
    int year, month;
    char name[32];
    calendar_month_of(clock_wall_us(), &year, &month);
    snprintf(name, sizeof name, "%04d/%02d", year, month);
    return bench_path(view, name);
}

/* ---- making operations --------------------------------------------------------------- */

static void tree_makes_an_operation_only_in_its_own_year(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *name = bench_operation_name(bench, "240", "3420", "7000001");
    assert_reply(
        client_make_folder(laredo, year_folder(bench, ACME, bench->year - 1, name)),
        TREE_DENIED, "FOLDER_ELSEWHERE");
    const char *path = year_folder(bench, ACME, bench->year, name);
    assert_ok(client_make_folder(laredo, path));
    assert_int_equal(client_stat(laredo, path).kind, TREE_FOLDER);
    assert_reply(client_make_folder(laredo, path), TREE_FAILED, "EXISTS");
}

static void tree_makes_an_operation_only_for_what_the_account_serves(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const struct {
        const char *rfc, *aduana, *patente;
        enum tree_outcome outcome;
        const char *reason, *why;
    } rows[] = {
        {ACME, "160", "3420", TREE_DENIED, "OPERATION_NOT_SERVED", "another office"},
        {ACME, "240", "1111", TREE_DENIED, "OPERATION_NOT_SERVED", "another patente"},
        {BETA, "240", "3420", TREE_NO_SUCH, "NO_SUCH", "another client"},
        {"XXX010101XX1", "240", "3420", TREE_NO_SUCH, "NO_SUCH", "nobody"},
        {ACME, "241", "3420", TREE_OK, "", "another section of a served office"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *name =
            bench_operation_name(bench, rows[i].aduana, rows[i].patente, "7000001");
        struct reply reply = client_make_folder(
            laredo, year_folder(bench, rows[i].rfc, bench->year, name));
        print_message("%s\n", rows[i].why);
        assert_reply(reply, rows[i].outcome, rows[i].reason);
    }
}

static void tree_makes_no_other_folder_and_removes_none(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const struct {
        const char *path;
        enum tree_outcome outcome;
        const char *reason;
    } rows[] = {{"/nueva", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/entrada/nueva", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/clientes/nueva", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/clientes/" ACME "/nueva", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/clientes/" ACME "/2024/fotos", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/retenidos/x", TREE_DENIED, "FOLDER_ELSEWHERE"},
                {"/nada/x", TREE_NO_SUCH, "NO_SUCH"},
                {"/", TREE_FAILED, "EXISTS"},
                {"/entrada", TREE_FAILED, "EXISTS"},
                {"/clientes/" ACME "/x\xe2\x80\xae", TREE_FAILED, "NAME_CONTROL"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("%s\n", rows[i].path);
        assert_reply(client_make_folder(laredo, rows[i].path), rows[i].outcome,
                     rows[i].reason);
    }
    assert_reply(client_remove_folder(laredo, bench->operation), TREE_DENIED,
                 "NOT_GRANTED");
    assert_reply(client_remove_folder(laredo, "/LEEME.txt"), TREE_FAILED, "NOT_FOLDER");
    assert_reply(client_remove_folder(laredo, "/nada"), TREE_NO_SUCH, "NO_SUCH");
}

static void tree_two_sessions_make_one_operation_and_one_of_them_is_told(void **state)
{
    struct bench *bench = *state;
    struct client *one = client_new(bench, "laredo");
    struct client *two = client_new(bench, "laredo");
    const char *path =
        year_folder(bench, ACME, bench->year,
                    bench_operation_name(bench, "240", "3420", "7000001"));
    struct tree_make_folder first = {.path = bytes_of_text(path)};
    struct tree_make_folder second = first;
    uint32_t a = client_ask(one, &tree_make_folder_schema, &first);
    uint32_t b = client_ask(two, &tree_make_folder_schema, &second);
    struct reply won = client_await(one, a), lost = client_await(two, b);
    assert_int_equal((won.outcome == TREE_OK) + (lost.outcome == TREE_OK), 1);
    assert_string_equal(won.outcome == TREE_OK ? lost.reason : won.reason, "EXISTS");
}

static void tree_lists_this_year_beside_the_next(void **state)
{
    struct bench *bench = *state;
    bench_policy(
        bench,
        &(struct policy_file){"accounts/manzanillo.yaml",
                              "role: corresponsal\nserves: [{client: " BETA "}]\n"},
        1);
    struct client *account = client_new(bench, "manzanillo");
    char name[32], year[8];
    snprintf(name, sizeof name, "%02d-160-3420-7000001", (bench->year + 1) % 100);
    assert_ok(
        client_make_folder(account, year_folder(bench, BETA, bench->year + 1, name)));
    snprintf(year, sizeof year, "%04d", bench->year);
    assert_int_equal(client_lists(account, "/clientes/" BETA, year), 1);
    snprintf(year, sizeof year, "%04d", bench->year + 1);
    assert_int_equal(client_lists(account, "/clientes/" BETA, year), 1);
}

/* ---- sending elsewhere ----------------------------------------------------------------- */

static void tree_receives_files_in_operations_and_the_inbox_alone(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const struct {
        const char *path;
        enum tree_outcome outcome;
        const char *reason;
    } rows[] = {{"/PED_1.pdf", TREE_DENIED, "UPLOAD_ELSEWHERE"},
                {"/clientes/" ACME "/PED_1.pdf", TREE_DENIED, "UPLOAD_ELSEWHERE"},
                {"/acuses/PED_1.pdf", TREE_DENIED, "UPLOAD_ELSEWHERE"},
                {"/retenidos/PED_1.pdf", TREE_DENIED, "UPLOAD_ELSEWHERE"},
                {"/clientes/" BETA "/PED_1.pdf", TREE_NO_SUCH, "NO_SUCH"},
                {"/entrada", TREE_FAILED, "IS_FOLDER"},
                {"/", TREE_FAILED, "IS_FOLDER"},
                {"/entrada/PED_\x01.pdf", TREE_FAILED, "NAME_CONTROL"},
                {"/entrada/con.pdf", TREE_FAILED, "NAME_RESERVED"},
                {"/entrada/PED_1.pdf ", TREE_FAILED, "NAME_EDGE"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("%s\n", rows[i].path);
        assert_reply(client_open(laredo, rows[i].path, BENCH_WRITE), rows[i].outcome,
                     rows[i].reason);
    }
    assert_reply(client_stat(laredo, "/entrada/PED_\x01.pdf"), TREE_NO_SUCH, "NO_SUCH");
    assert_reply(client_open(laredo, "/entrada/PED_1.pdf", TREE_WRITE), TREE_NO_SUCH,
                 "NO_SUCH");
    assert_reply(client_open(laredo, "/entrada/PED_1.pdf", TREE_READ), TREE_NO_SUCH,
                 "NO_SUCH");
}

/* ---- documents --------------------------------------------------------------------- */

static void tree_renames_a_document_there_and_back(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *one = bench_path(bench->operation, "PED_1.pdf");
    const char *two = bench_path(bench->operation, "FO_2.pdf");
    assert_ok(client_put(laredo, one, PDF "uno"));
    assert_ok(client_rename(laredo, one, two, false));
    assert_reply(client_stat(laredo, one), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_stat(laredo, two).size, strlen(PDF "uno"));
    assert_ok(client_rename(laredo, two, one, false));
    assert_reply(client_stat(laredo, two), TREE_NO_SUCH, "NO_SUCH");
    AUTO_FREE char *bytes = client_get(laredo, one);
    assert_string_equal(bytes, PDF "uno");
}

static void tree_judges_a_documents_new_name(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *from = bench_path(bench->operation, "PED_1.pdf");
    const struct {
        const char *name;
        enum tree_outcome outcome;
        const char *reason;
    } rows[] = {{"CG_1.pdf", TREE_DENIED, "NOT_GRANTED"}, /* not a correspondent's to send */
                {"Q2600001@CG.pdf", TREE_FAILED, "DOCUMENT_TYPE_UNKNOWN"},
                {"cosas.pdf", TREE_FAILED, "DOCUMENT_TYPE_UNKNOWN"},
                {"CV_1.xml", TREE_FAILED, "TYPE_MISMATCH"},
                {"PED_2.pdf", TREE_FAILED, "EXISTS"},
                {"PED_3.pdf:", TREE_FAILED, "NAME_RESERVED"}};
    assert_ok(client_put(laredo, from, PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_2.pdf"), PDF "dos"));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("%s\n", rows[i].name);
        assert_reply(client_rename(laredo, from,
                                   bench_path(bench->operation, rows[i].name), true),
                     rows[i].outcome, rows[i].reason);
    }
    assert_reply(client_rename(laredo, from, "/entrada/PED_1.pdf", false), TREE_DENIED,
                 "NOT_GRANTED");
    assert_reply(client_rename(laredo, from, "/nada/PED_1.pdf", false), TREE_NO_SUCH,
                 "NO_SUCH");
    AUTO_FREE char *bytes = client_get(laredo, from);
    assert_string_equal(bytes, PDF "uno");
}

static void tree_hides_a_removed_document_until_it_is_sent_again(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_ok(client_remove(laredo, path));
    assert_reply(client_stat(laredo, path), TREE_NO_SUCH, "NO_SUCH");
    assert_reply(client_open(laredo, path, TREE_READ), TREE_NO_SUCH, "NO_SUCH");
    assert_reply(client_remove(laredo, path), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 0);
    assert_reply(client_stat(acme, bench_path(bench->files, "PED_1.pdf")), TREE_NO_SUCH,
                 "NO_SUCH");
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_int_equal(client_lists(acme, bench->files, "PED_1.pdf"), 1);
}

static void tree_keeps_a_documents_time_when_it_is_set(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_ok(client_set_modified(laredo, path, 1700000000));
    assert_int_equal(client_stat(laredo, path).modified, 1700000000);
    struct tree_set size = {
        .path = bytes_of_text(path), .which = TREE_SET_SIZE, .size = 3};
    assert_reply(client_request(laredo, &tree_set_schema, &size), TREE_FAILED,
                 "FILED_UNCHANGED");
    struct tree_set mode = {.path = bytes_of_text(path), .which = TREE_SET_OTHER};
    assert_ok(client_request(laredo, &tree_set_schema, &mode));
}

/* What a correspondent sends and may not see still answers to him for its size. */
static void tree_answers_its_sender_for_a_document_that_he_does_not_see(void **state)
{
    struct bench *bench = *state;
    bench_policy(bench, simple, ARRAY_SIZE(simple));
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "CON_1.pdf");
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_int_equal(client_lists(laredo, bench->operation, "CON_1.pdf"), 0);
    struct reply reply = client_stat(laredo, path);
    assert_ok(reply);
    assert_int_equal(reply.size, strlen(PDF "uno"));
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
    assert_true(operation_key_parse(strrchr(bench->operation, '/') + 1,
                                    &receipt->operation));
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

static void tree_lists_five_hundred_documents_once_each(void **state)
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
    listing = client_list(laredo, month_folder(bench, "/acuses"));
    assert_int_equal(listing.count, MANY);
    listing_free(&listing);
}

static void tree_lists_held_files_of_the_longest_names(void **state)
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

static void tree_lists_the_newest_of_two_expense_accounts_of_one_name(void **state)
{
    struct bench *bench = *state;
    bench_policy(bench, simple, ARRAY_SIZE(simple));
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    const char *other =
        year_folder(bench, ACME, bench->year,
                    bench_operation_name(bench, "240", "3420", "7000001"));
    assert_ok(client_make_folder(laredo, other));
    assert_ok(client_put(laredo, bench_path(bench->operation, "CG_1.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(other, "CG_1.pdf"), PDF "el otro"));
    const char *folder = month_folder(bench, "/cuentas-de-gastos");
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

static void tree_readme_is_as_long_as_it_says(void **state)
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

static void tree_receipts_are_in_spanish_and_ones_own(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *manzanillo = client_new(bench, "manzanillo");
    char name[64];
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_2.pdf"), PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "nada.pdf"), PDF "dos"));
    const char *folder = month_folder(bench, "/acuses");
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

static void tree_speaks_english_to_who_asked_for_it(void **state)
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

static void tree_resolves_paths_by_text_alone(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const struct {
        const char *path, *real;
    } rows[] = {{"", "/"},
                {".", "/"},
                {"../..", "/"},
                {"entrada", "/entrada"},
                {"/clientes//x/../" ACME "/", "/clientes/" ACME},
                {"/nada/de/nada", "/nada/de/nada"},
                {"cafe\xcc\x81", "/caf\xc3\xa9"}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct tree_realpath ask = {.path = bytes_of_text(rows[i].path)};
        struct reply reply = client_request(laredo, &tree_realpath_schema, &ask);
        assert_ok(reply);
        assert_string_equal(reply.text, rows[i].real);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tree_makes_an_operation_only_in_its_own_year),
        TEST(tree_makes_an_operation_only_for_what_the_account_serves),
        TEST(tree_makes_no_other_folder_and_removes_none),
        TEST(tree_two_sessions_make_one_operation_and_one_of_them_is_told),
        TEST(tree_lists_this_year_beside_the_next),
        TEST(tree_receives_files_in_operations_and_the_inbox_alone),
        TEST(tree_renames_a_document_there_and_back),
        TEST(tree_judges_a_documents_new_name),
        TEST(tree_hides_a_removed_document_until_it_is_sent_again),
        TEST(tree_keeps_a_documents_time_when_it_is_set),
        TEST(tree_answers_its_sender_for_a_document_that_he_does_not_see),
        TEST(tree_lists_five_hundred_documents_once_each),
        TEST(tree_lists_held_files_of_the_longest_names),
        TEST(tree_lists_the_newest_of_two_expense_accounts_of_one_name),
        TEST(tree_readme_is_as_long_as_it_says),
        TEST(tree_receipts_are_in_spanish_and_ones_own),
        TEST(tree_speaks_english_to_who_asked_for_it),
        TEST(tree_resolves_paths_by_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
