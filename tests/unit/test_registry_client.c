/*
 * What an importer sees of his own digital files, and that he changes nothing: what is hidden from
 * him and what is not there answer alike, word for word.
 */
#include "support/registry_bench.h"

struct scene {
    struct bench *bench;
    struct client *laredo, *manzanillo, *acme, *beta;
    char other[64];  /* an operation of ACME in which he may see nothing */
    char absent[64]; /* one that nobody made */
};

static void put(struct client *client, const char *folder, const char *name,
                const char *bytes)
{
    assert_ok(client_put(client, bench_path(folder, name), bytes));
}

static struct scene scene_of(struct bench *bench)
{
    struct scene scene = {.bench = bench};
    char folder[64];
    scene.laredo = client_new(bench, "laredo");
    scene.manzanillo = client_new(bench, "manzanillo");
    scene.acme = client_new(bench, "acme");
    scene.beta = client_new(bench, "beta");
    const char *name = bench_operation_name(bench, "240", "3420", "7000001");
    snprintf(scene.other, sizeof scene.other, "/expedientes/%d/%s", bench->year, name);
    snprintf(folder, sizeof folder, "/clientes/" ACME "/%d/%s", bench->year, name);
    assert_ok(client_make_folder(scene.laredo, folder));
    put(scene.laredo, folder, "FC_solo.pdf", PDF "del corresponsal");
    name = bench_operation_name(bench, "240", "3420", "7999999");
    snprintf(scene.absent, sizeof scene.absent, "/expedientes/%d/%s", bench->year, name);
    put(scene.laredo, bench->operation, "PED_1.pdf", PDF "pedimento");
    put(scene.laredo, bench->operation, "FC_1.pdf", PDF "factura del corresponsal");
    put(scene.laredo, bench->operation, "CV_1.xml", "<cove/>");
    name = bench_operation_name(bench, "160", "3420", "6001234");
    snprintf(folder, sizeof folder, "/clientes/" BETA "/%d/%s", bench->year, name);
    assert_ok(client_make_folder(scene.manzanillo, folder));
    put(scene.manzanillo, folder, "PED_beta.pdf", PDF "de beta");
    return scene;
}

/* ---- what is seen ------------------------------------------------------------------ */

static void client_sees_the_pdfs_of_types_that_clients_see_and_no_more(void **state)
{
    struct scene scene = scene_of(*state);
    struct listing listing = client_list(scene.acme, scene.bench->files);
    assert_int_equal(listing.count, 1);
    assert_string_equal(listing.entries[0].name, "PED_1.pdf");
    listing_free(&listing);
    static const char *const hidden[] = {"FC_1.pdf", "CV_1.xml", "PED_beta.pdf"};
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
        const char *path = bench_path(scene.bench->files, hidden[i]);
        assert_reply(client_stat(scene.acme, path), TREE_NO_SUCH, "NO_SUCH");
        assert_reply(client_open(scene.acme, path, TREE_READ), TREE_NO_SUCH, "NO_SUCH");
    }
}

/* By content, not by name: an XML that calls itself PDF is not shown. */
static void client_sees_no_document_whose_content_is_no_pdf(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    put(laredo, bench->operation, "PED_1.pdf", "<no es un PDF/>");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 1);
    assert_reply(client_stat(acme, bench_path(bench->files, "PED_1.pdf")), TREE_NO_SUCH,
                 "NO_SUCH");
}

static void client_sees_operations_from_their_first_visible_document(void **state)
{
    struct bench *bench = *state;
    struct client *acme = client_new(bench, "acme");
    char year[16], years[32];
    snprintf(year, sizeof year, "%d", bench->year);
    snprintf(years, sizeof years, "/expedientes/%d", bench->year);
    assert_int_equal(client_lists(acme, "/expedientes", year), 0);
    assert_reply(client_stat(acme, years), TREE_NO_SUCH, "NO_SUCH");
    struct scene scene = scene_of(bench);
    assert_int_equal(client_lists(acme, "/expedientes", year), 1);
    struct listing listing = client_list(acme, years);
    assert_int_equal(listing.count, 1);
    assert_string_equal(listing.entries[0].name, strrchr(bench->files, '/') + 1);
    listing_free(&listing);
    assert_reply(client_stat(acme, scene.other), TREE_NO_SUCH, "NO_SUCH");
}

static void client_sees_its_own_tree_alone(void **state)
{
    struct scene scene = scene_of(*state);
    struct listing listing = client_list(scene.acme, "/");
    assert_int_equal(listing.count, 3);
    assert_int_equal(listing_has(&listing, "LEEME.txt"), 1);
    assert_int_equal(listing_has(&listing, "expedientes"), 1);
    assert_int_equal(listing_has(&listing, "cuentas-de-gastos"), 1);
    listing_free(&listing);
    static const char *const foreign[] = {
        "/entrada", "/clientes", "/clientes/ACM010101AB1", "/retenidos", "/acuses"};
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
        assert_reply(client_stat(scene.acme, foreign[i]), TREE_NO_SUCH, "NO_SUCH");
    }
    assert_reply(client_stat(scene.beta, scene.bench->files), TREE_NO_SUCH, "NO_SUCH");
    assert_reply(client_stat(scene.laredo, "/clientes/" BETA), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_lists(scene.laredo, "/clientes", BETA), 0);
    assert_int_equal(client_lists(scene.laredo, "/clientes", ACME), 1);
}

/* ---- what is not done ---------------------------------------------------------------- */

static struct reply do_open(struct client *client, const char *path)
{
    return client_open(client, path, TREE_READ);
}

static struct reply do_write(struct client *client, const char *path)
{
    return client_open(client, path, TREE_WRITE);
}

static struct reply do_append(struct client *client, const char *path)
{
    return client_open(client, path, TREE_WRITE | TREE_APPEND);
}

static struct reply do_create(struct client *client, const char *path)
{
    return client_open(client, path, BENCH_WRITE);
}

static struct reply do_exclusive(struct client *client, const char *path)
{
    return client_open(client, path, BENCH_WRITE | TREE_EXCLUSIVE);
}

static struct reply do_rename(struct client *client, const char *path)
{
    return client_rename(client, path, "/expedientes/x.pdf", false);
}

static struct reply do_replace(struct client *client, const char *path)
{
    return client_rename(client, path, "/expedientes/x.pdf", true);
}

static struct reply do_set_time(struct client *client, const char *path)
{
    return client_set_modified(client, path, 1);
}

static struct reply do_set_mode(struct client *client, const char *path)
{
    struct tree_set set = {.path = bytes_of_text(path), .which = TREE_SET_OTHER};
    return client_request(client, &tree_set_schema, &set);
}

static struct reply do_list(struct client *client, const char *path)
{
    struct tree_open_folder open = {.path = bytes_of_text(path)};
    return client_request(client, &tree_open_folder_schema, &open);
}

/* A request about one path. */
static struct reply (*const writes[])(struct client *, const char *) = {
    do_write,  do_append,  do_create,   do_exclusive, client_remove,
    do_rename, do_replace, do_set_time, do_set_mode};

static void client_writes_nothing_anywhere(void **state)
{
    struct scene scene = scene_of(*state);
    const char *path = bench_path(scene.bench->files, "PED_1.pdf");
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
        assert_reply(writes[i](scene.acme, path), TREE_DENIED, "NOT_GRANTED");
    }
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
        enum tree_outcome outcome = writes[i](scene.acme, "/LEEME.txt").outcome;
        assert_int_equal(outcome, TREE_DENIED);
    }
    char year[32];
    snprintf(year, sizeof year, "/expedientes/%d", scene.bench->year);
    const char *const folders[] = {"", "/expedientes", "/cuentas-de-gastos", year,
                                   scene.bench->files};
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        const char *fresh = bench_path(folders[i], "PED_2.pdf");
        assert_reply(do_create(scene.acme, fresh), TREE_DENIED, "NOT_GRANTED");
        assert_reply(client_make_folder(scene.acme, fresh), TREE_DENIED, "NOT_GRANTED");
    }
    assert_reply(client_remove_folder(scene.acme, scene.bench->files), TREE_DENIED,
                 "NOT_GRANTED");
    AUTO_FREE char *bytes = client_get(scene.acme, path);
    assert_string_equal(bytes, PDF "pedimento");
}

static void assert_alike(struct client *client, const char *hidden, const char *missing)
{
    static struct reply (*const deeds[])(struct client *, const char *) = {
        client_stat,        do_open,       do_list,
        do_write,           do_append,     do_create,
        do_exclusive,       do_rename,     do_replace,
        client_make_folder, client_remove, client_remove_folder,
        do_set_time,        do_set_mode};
    for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
        struct reply one = deeds[i](client, hidden);
        struct reply two = deeds[i](client, missing);
        assert_int_not_equal(one.outcome, TREE_OK);
        assert_reply_to(hidden, one, two.outcome, two.reason);
        assert_string_equal(one.text, two.text);
    }
}

static void client_is_answered_alike_for_hidden_and_for_missing(void **state)
{
    struct scene scene = scene_of(*state);
    const char *files = scene.bench->files;
    assert_alike(scene.acme, bench_path(files, "FC_1.pdf"), bench_path(files, "x.pdf"));
    assert_alike(scene.acme, bench_path(files, "CV_1.xml"), bench_path(files, "x.xml"));
    assert_alike(scene.acme, scene.other, scene.absent);
    assert_alike(scene.acme, bench_path(scene.other, "FC_solo.pdf"),
                 bench_path(scene.absent, "FC_solo.pdf"));
    assert_alike(scene.acme, "/clientes", "/clientela");
    assert_alike(scene.laredo, "/clientes/" BETA, "/clientes/XXX010101XX1");
    assert_alike(scene.manzanillo, "/clientes/" ACME "/2026", "/clientes/NADIE/2026");
    /* A rename that would replace what is hidden says nothing of it either. */
    const char *seen = bench_path(files, "PED_1.pdf");
    struct reply one =
        client_rename(scene.acme, seen, bench_path(files, "FC_1.pdf"), false);
    struct reply two = client_rename(scene.acme, seen, bench_path(files, "x.pdf"), false);
    assert_reply(one, TREE_DENIED, "NOT_GRANTED");
    assert_reply(two, TREE_DENIED, "NOT_GRANTED");
}

/* ---- the session itself ---------------------------------------------------------------- */

static void client_that_left_the_policy_is_sent_away(void **state)
{
    static const struct policy_file without[] = {
        {"accounts/acme.yaml", "role: cliente\nclient: " BETA "\n"}};
    struct scene scene = scene_of(*state);
    bench_policy(scene.bench, without, ARRAY_SIZE(without));
    /* The same session, another client's files from the next request on. */
    assert_reply(client_stat(scene.acme, scene.bench->files), TREE_NO_SUCH, "NO_SUCH");
    struct registry *registry = &scene.bench->registry;
    struct session *session = registry->sessions;
    while (strcmp(session->account, "acme") != 0) {
        session = session->next;
    }
    strcpy(session->account, "nadie");
    struct tree_stat stat = {.path = bytes_of_text("/")};
    client_ask(scene.acme, &tree_stat_schema, &stat);
    while (scene.acme->channel >= 0) {
        bench_turn(scene.bench);
    }
}

static void client_is_not_heard_before_its_login(void **state)
{
    struct bench *bench = *state;
    int ends[2];
    struct role_peer peer = {
        .role = ROLE_SSH, .connection = 999, .address = "203.0.113.7"};
    struct tree_stat stat = {.id = 1, .path = bytes_of_text("/")};
    struct channel_message in;
    assert_true(channel_pair(ends, NULL));
    session_open(&bench->registry, &peer, ends[0]);
    assert_int_equal(wire_send(ends[1], &tree_stat_schema, &stat, NULL, NULL),
                     CHANNEL_OK);
    struct client *acme = client_new(bench, "acme");
    assert_ok(client_stat(acme, "/"));
    assert_int_equal(channel_receive(ends[1], &in, NULL), CHANNEL_AGAIN);
    close(ends[1]);
}

static void client_that_breaks_the_protocol_is_ended_and_nobody_else(void **state)
{
    struct bench *bench = *state;
    struct client *acme = client_new(bench, "acme");
    struct client *other = client_new(bench, "acme");
    struct tree_close unknown = {.handle = 77};
    struct tree_read_folder folder = {.handle = 77};
    struct tree_set set = {.handle = 77, .path = bytes_of_text("/"), .which = 2};
    assert_reply(client_request(acme, &tree_close_schema, &unknown), TREE_BAD_REQUEST,
                 "BAD_REQUEST");
    assert_reply(client_request(acme, &tree_read_folder_schema, &folder),
                 TREE_BAD_REQUEST, "BAD_REQUEST");
    assert_reply(client_request(acme, &tree_set_schema, &set), TREE_BAD_REQUEST,
                 "BAD_REQUEST");
    struct login_grant grant = {.connection = 1,
                                .account = "laredo",
                                .address = "x",
                                .method = "x",
                                .credential = "x"};
    assert_int_equal(wire_send(acme->channel, &login_grant_schema, &grant, NULL, NULL),
                     CHANNEL_OK);
    while (acme->channel >= 0) {
        bench_turn(bench);
    }
    assert_ok(client_stat(other, "/"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(client_sees_the_pdfs_of_types_that_clients_see_and_no_more),
        TEST(client_sees_no_document_whose_content_is_no_pdf),
        TEST(client_sees_operations_from_their_first_visible_document),
        TEST(client_sees_its_own_tree_alone),
        TEST(client_writes_nothing_anywhere),
        TEST(client_is_answered_alike_for_hidden_and_for_missing),
        TEST(client_that_left_the_policy_is_sent_away),
        TEST(client_is_not_heard_before_its_login),
        TEST(client_that_breaks_the_protocol_is_ended_and_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
