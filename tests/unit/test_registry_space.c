/*
 * The space of an account: what statvfs is told, and what a quota refuses, however many sessions
 * send at once.
 */
#include "support/registry_bench.h"

/* laredo's file with one more line, and perhaps one in its role. */
static void allow(struct bench *bench, const char *role, const char *account)
{
    static char role_text[1024], account_text[1024];
    snprintf(role_text, sizeof role_text,
             "kind: correspondent\nviews:\n"
             "  clientes: {view: clients, rights: [list, read, upload, resume, "
             "new-version, rename, remove, mkdir]}\n"
             "  entrada: {view: inbox, rights: [list, read, upload]}\n"
             "  acuses: {view: receipts, rights: [list, read]}\n"
             "  retenidos: {view: held, rights: [list, read]}\n%s",
             role);
    snprintf(account_text, sizeof account_text,
             "role: corresponsal\nserves: [{client: ACM010101AB1}]\n%s", account);
    const struct policy_file files[] = {{"roles/corresponsal.yaml", role_text},
                                        {"accounts/laredo.yaml", account_text}};
    bench_policy(bench, files, ARRAY_SIZE(files));
}

static struct reply client_space(struct client *client, const char *path)
{
    struct tree_space message = {.path = bytes_of_text(path)};
    return client_request(client, &tree_space_schema, &message);
}

static void assert_space(struct client *client, uint64_t bytes_free, uint64_t files_free)
{
    struct reply reply = client_space(client, "/");
    assert_ok(reply);
    assert_int_equal(reply.space.bytes_free, bytes_free);
    assert_int_equal(reply.space.files_free, files_free);
}

static struct reply put(struct client *client, const char *name, const char *bytes)
{
    return client_put(client, bench_path(client->bench->operation, name), bytes);
}

/* ---- what is told ---------------------------------------------------------------------- */

static void space_without_a_quota_is_a_pebibyte(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    struct reply reply = client_space(laredo, "/");
    assert_ok(reply);
    assert_int_equal(reply.space.bytes_total, UINT64_C(1) << 50);
    assert_int_equal(reply.space.bytes_free, (UINT64_C(1) << 50) - 10);
    assert_int_equal(reply.space.files_total, 1000000000);
    assert_int_equal(reply.space.files_free, 999999999);
}

static void space_is_the_quota_less_what_is_stored(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    allow(bench, "quota: {bytes: 1000, files: 10}\n", "");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));  /* filed: 10 bytes */
    assert_ok(put(laredo, "PED_1.pdf", PDF "aa")); /* a version: 11 */
    assert_ok(put(laredo, "cosas.pdf", PDF "b"));  /* held: 10 */
    assert_ok(put(laredo, "FO_1.pdf", PDF "aa"));  /* known already */
    bench_find(bench, FINDING_EXECUTABLE);
    assert_reply(put(laredo, "PED_2.pdf", "MZ"), TREE_FAILED, "EXECUTABLE");
    assert_space(laredo, 1000 - 31, 7);
    struct reply reply = client_space(laredo, bench->operation);
    assert_int_equal(reply.space.bytes_total, 1000);
    assert_int_equal(reply.space.files_total, 10);
}

static void space_of_a_path_that_is_not_there_does_not_exist(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    assert_reply(client_space(laredo, "/nada"), TREE_NO_SUCH, "NO_SUCH");
    assert_reply(client_space(laredo, "/expedientes"), TREE_NO_SUCH, "NO_SUCH");
}

static void space_of_one_account_says_nothing_of_another(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    assert_space(acme, UINT64_C(1) << 50, 1000000000);
}

static void space_below_what_is_stored_already_is_none(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    allow(bench, "", "quota: {bytes: 4}\n");
    assert_space(laredo, 0, 999999999);
}

/* ---- what is refused ------------------------------------------------------------------- */

static void upload_that_just_fits_is_filed_and_one_byte_more_is_not(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    allow(bench, "quota: {bytes: 30}\n", "");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    struct reply reply = put(laredo, "PED_2.pdf", PDF "123456789012");
    assert_reply(reply, TREE_FAILED, "QUOTA");
    assert_text(reply.text, "no cabe en el espacio de su cuenta");
    assert_space(laredo, 20, 999999999);
    assert_ok(put(laredo, "PED_2.pdf", PDF "12345678901"));
    assert_space(laredo, 0, 999999998);
}

static void upload_into_a_full_account_is_refused_before_it_is_sent(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    allow(bench, "quota: {bytes: 10}\n", "");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    struct reply reply =
        client_open(laredo, bench_path(bench->operation, "PED_2.pdf"), BENCH_WRITE);
    assert_reply(reply, TREE_FAILED, "QUOTA_REACHED");
    assert_text(reply.text, "lleno");
    reply = client_open(laredo, bench_path(bench->operation, "PED_1.pdf"), TREE_READ);
    assert_ok(reply); /* reading goes on */
    close(reply.fd);
}

static void upload_past_the_number_of_files_is_refused(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    allow(bench, "quota: {bytes: 1 GiB, files: 3}\n", "quota: {files: 2}\n");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    assert_ok(put(laredo, "PED_2.pdf", PDF "b"));
    assert_space(laredo, (1 << 30) - 20, 0);
    assert_reply(put(laredo, "PED_3.pdf", PDF "c"), TREE_FAILED, "QUOTA_REACHED");
}

static void upload_past_a_quota_is_held_where_the_policy_says_so(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    allow(bench, "quota: {bytes: 10}\nfindings: {QUOTA: hold}\n", "");
    assert_ok(put(laredo, "PED_1.pdf", PDF "a"));
    struct reply reply = put(laredo, "PED_2.pdf", PDF "b");
    assert_ok(reply);
    assert_text(reply.text, "Retenido: ");
    assert_int_equal(client_lists(laredo, "/retenidos", "PED_2.pdf"), 1);
}

static void upload_of_many_at_once_cannot_pass_the_quota_together(void **state)
{
    enum { SENDERS = 8, FIT = 3 };
    struct bench *bench = *state;
    struct client *senders[SENDERS];
    uint32_t asked[SENDERS];
    allow(bench, "quota: {bytes: 39}\n", ""); /* three of ten bytes, and nine more */
    bench->inspector.mute = true;
    for (unsigned i = 0; i < SENDERS; i++) {
        char name[16], bytes[16];
        snprintf(name, sizeof name, "PED_%u.pdf", i);
        snprintf(bytes, sizeof bytes, "%s%u", PDF, i);
        senders[i] = client_new(bench, "laredo");
        asked[i] = client_ask_put(senders[i], bench_path(bench->operation, name), bytes);
    }
    while (bench->inspector.pending_count < SENDERS) {
        bench_turn(bench);
    }
    bench_speak(bench);
    unsigned filed = 0;
    for (unsigned i = 0; i < SENDERS; i++) {
        struct reply reply = client_await(senders[i], asked[i]);
        filed += reply.outcome == TREE_OK;
        if (reply.outcome != TREE_OK) {
            assert_reply(reply, TREE_FAILED, "QUOTA");
        }
    }
    assert_int_equal(filed, FIT);
    assert_space(senders[0], 9, 1000000000 - FIT);
    assert_null(bench->registry.spaces);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(space_without_a_quota_is_a_pebibyte),
        TEST(space_is_the_quota_less_what_is_stored),
        TEST(space_of_a_path_that_is_not_there_does_not_exist),
        TEST(space_of_one_account_says_nothing_of_another),
        TEST(space_below_what_is_stored_already_is_none),
        TEST(upload_that_just_fits_is_filed_and_one_byte_more_is_not),
        TEST(upload_into_a_full_account_is_refused_before_it_is_sent),
        TEST(upload_past_the_number_of_files_is_refused),
        TEST(upload_past_a_quota_is_held_where_the_policy_says_so),
        TEST(upload_of_many_at_once_cannot_pass_the_quota_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
