/*
 * The virtual tree of a correspondent: what may be made and sent where, and what becomes of a
 * document that is renamed, removed or sent by somebody who does not see it.
 */
#include "support/registry_bench.h"

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

/* ---- making operations --------------------------------------------------------------- */

static void tree_makes_an_operation_only_in_its_own_year(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *name = bench_operation_name(bench, "240", "3420", "7000001");
    assert_reply(client_make_folder(laredo, year_folder(ACME, bench->year - 1, name)),
                 TREE_DENIED, "FOLDER_ELSEWHERE");
    const char *path = year_folder(ACME, bench->year, name);
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
        struct reply reply =
            client_make_folder(laredo, year_folder(rows[i].rfc, bench->year, name));
        assert_reply_to(rows[i].why, reply, rows[i].outcome, rows[i].reason);
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
        assert_reply_to(rows[i].path, client_make_folder(laredo, rows[i].path),
                        rows[i].outcome, rows[i].reason);
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
    const char *path = year_folder(ACME, bench->year,
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
    bench_policy(bench,
                 &(struct policy_file){"accounts/manzanillo.yaml",
                                       "role: corresponsal\nserves: [{client: " BETA
                                       "}]\n"},
                 1);
    struct client *account = client_new(bench, "manzanillo");
    char name[32], year[16];
    snprintf(name, sizeof name, "%02d-160-3420-7000001", (bench->year + 1) % 100);
    assert_ok(client_make_folder(account, year_folder(BETA, bench->year + 1, name)));
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
        assert_reply_to(rows[i].path, client_open(laredo, rows[i].path, BENCH_WRITE),
                        rows[i].outcome, rows[i].reason);
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
    /* A name under which a duplicate was sent holds nothing that a rename would replace. */
    assert_text(client_put(laredo, two, PDF "uno").text, "no se duplicó");
    assert_ok(client_rename(laredo, one, two, false));
    AUTO_FREE char *bytes = client_get(laredo, two);
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
    } rows[] = {
        {"CG_1.pdf", TREE_DENIED, "NOT_GRANTED"}, /* not a correspondent's to send */
        {"Q2600001@CG.pdf", TREE_FAILED, "DOCUMENT_TYPE_UNKNOWN"},
        {"cosas.pdf", TREE_FAILED, "DOCUMENT_TYPE_UNKNOWN"},
        {"CV_1.xml", TREE_FAILED, "TYPE_MISMATCH"},
        {"PED_2.pdf", TREE_FAILED, "EXISTS"},
        {"PED_3.pdf:", TREE_FAILED, "NAME_RESERVED"}};
    assert_ok(client_put(laredo, from, PDF "uno"));
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_2.pdf"), PDF "dos"));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_reply_to(
            rows[i].name,
            client_rename(laredo, from, bench_path(bench->operation, rows[i].name), true),
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
        TEST(tree_resolves_paths_by_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
