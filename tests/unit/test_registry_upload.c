/*
 * An upload's way in, from OPEN to the answer: what is filed, held and refused, into operations
 * and through the drop box, and what becomes of it when inspectors die.
 */
#include "support/registry_bench.h"

#define FILED "integrado al expediente. Acuse A"

/* ---- filed, held, refused -------------------------------------------------------------- */

static void
upload_into_an_operation_is_filed_and_its_client_reads_the_same_bytes(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    struct reply reply =
        client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, "Archivo recibido e integrado al expediente. Acuse A");
    reply = client_stat(laredo, bench_path(bench->operation, "PED_1.pdf"));
    assert_ok(reply);
    assert_int_equal(reply.size, strlen(PDF "uno"));
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 1);
    assert_int_equal(client_lists(acme, bench->files, "PED_1.pdf"), 1);
    AUTO_FREE char *bytes = client_get(acme, bench_path(bench->files, "PED_1.pdf"));
    assert_string_equal(bytes, PDF "uno");
}

static void upload_of_an_unknown_type_is_held_and_listed_with_its_reason(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct reply reply =
        client_put(laredo, bench_path(bench->operation, "cosas.pdf"), PDF "a");
    assert_ok(reply);
    assert_text(reply.text, "Retenido: ");
    assert_int_equal(client_lists(laredo, "/retenidos", "cosas.pdf"), 1);
    assert_int_equal(client_lists(laredo, "/retenidos", "cosas.pdf.motivo.txt"), 1);
    AUTO_FREE char *reason = client_get(laredo, "/retenidos/cosas.pdf.motivo.txt");
    assert_text(reason, "DOCUMENT_TYPE_UNKNOWN");
    AUTO_FREE char *bytes = client_get(laredo, "/retenidos/cosas.pdf");
    assert_string_equal(bytes, PDF "a");
    assert_receipt(laredo, "laredo", "retenido", "Resultado: retenido");
    reply = client_stat(laredo, bench_path(bench->operation, "cosas.pdf"));
    assert_ok(reply);
    assert_int_equal(reply.size, strlen(PDF "a"));
}

static void upload_two_held_of_one_name_are_told_apart(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "cosas.pdf");
    assert_ok(client_put(laredo, path, PDF "primero"));
    struct receipt_row first;
    catalogue_receipts_newest(bench->registry.catalogue, "laredo", &first, 1);
    assert_ok(client_put(laredo, path, PDF "segundo"));
    char older[128];
    snprintf(older, sizeof older, "%s cosas.pdf", first.folio);
    struct listing listing = client_list(laredo, "/retenidos");
    assert_int_equal(listing.count, 4);
    assert_int_equal(listing_has(&listing, "cosas.pdf"), 1);
    assert_int_equal(listing_has(&listing, older), 1);
    listing_free(&listing);
    AUTO_FREE char *one = client_get(laredo, bench_path("/retenidos", older));
    AUTO_FREE char *two = client_get(laredo, "/retenidos/cosas.pdf");
    assert_string_equal(one, PDF "primero");
    assert_string_equal(two, PDF "segundo");
    strcat(older, ".motivo.txt");
    AUTO_FREE char *reason = client_get(laredo, bench_path("/retenidos", older));
    assert_text(reason, first.folio);
}

static void upload_that_is_refused_fails_with_its_code_and_leaves_a_receipt(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    bench_find(bench, FINDING_EXECUTABLE);
    struct reply opened = client_open(laredo, path, BENCH_WRITE);
    assert_true(fd_write_all(opened.fd, "MZ", 2, NULL));
    const struct upload *upload =
        upload_find(bench->registry.uploads, "laredo", bench->operation, "PED_1.pdf");
    assert_non_null(upload);
    char object[CATALOGUE_ID_SIZE];
    strcpy(object, upload->row.object);
    struct reply reply = client_close(laredo, &opened);
    assert_reply(reply, TREE_FAILED, "EXECUTABLE");
    assert_text(reply.text, "Rechazado: ");
    assert_receipt(laredo, "laredo", "rechazado", "EXECUTABLE");
    assert_reply(client_stat(laredo, path), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 0);
    int fd = -1;
    assert_false(objects_open_read(bench->registry.objects, object, &fd, NULL));
}

static void upload_of_the_same_bytes_again_was_already_received(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF "uno"));
    struct receipt_row first;
    catalogue_receipts_newest(bench->registry.catalogue, "laredo", &first, 1);
    struct reply reply =
        client_put(laredo, bench_path(bench->operation, "PED_otro.pdf"), PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, "no se duplicó");
    assert_receipt(laredo, "laredo", "duplicado", first.folio);
    assert_int_equal(client_lists(laredo, bench->operation, "PED_otro.pdf"), 0);
    reply = client_stat(laredo, bench_path(bench->operation, "PED_otro.pdf"));
    assert_ok(reply);
    assert_int_equal(reply.size, strlen(PDF "uno"));
}

static void upload_of_other_bytes_under_a_filed_name_is_a_new_version(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    assert_ok(client_put(laredo, path, PDF "uno"));
    struct reply reply = client_put(laredo, path, PDF "dos y más");
    assert_ok(reply);
    assert_text(reply.text, "nueva versión");
    AUTO_FREE char *bytes = client_get(laredo, path);
    assert_string_equal(bytes, PDF "dos y más");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 1);
}

static void upload_without_truncation_never_touches_a_filed_document(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_reply(client_open(laredo, path, TREE_WRITE), TREE_FAILED, "FILED_UNCHANGED");
    assert_reply(client_open(laredo, path, TREE_WRITE | TREE_APPEND), TREE_FAILED,
                 "FILED_UNCHANGED");
    assert_reply(client_open(laredo, path, BENCH_WRITE | TREE_EXCLUSIVE), TREE_FAILED,
                 "EXISTS");
}

static void upload_larger_than_the_account_may_send_is_refused(void **state)
{
    static const struct policy_file narrow[] = {
        {"accounts/laredo.yaml",
         "role: corresponsal\nmax_file: 20\nserves: [{client: " ACME "}]\n"}};
    struct bench *bench = *state;
    bench_policy(bench, narrow, ARRAY_SIZE(narrow));
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(laredo, path, BENCH_WRITE);
    assert_int_equal(opened.limit, 20);
    assert_true(fd_write_all(opened.fd, PDF "mucho más que 20", 26, NULL));
    assert_reply(client_close(laredo, &opened), TREE_FAILED, "TOO_LARGE");
    assert_ok(client_put(laredo, path, PDF "poco"));
}

static void upload_whose_inspector_dies_twice_is_held_as_not_inspected(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    bench->inspector.dies = true;
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    uint32_t id = client_ask_put(laredo, path, PDF "mortal");
    for (unsigned time = 1; time <= 2; time++) {
        while (bench->inspector.asked < time) {
            bench_turn(bench);
        }
        bench_inspector_come(bench);
    }
    struct reply reply = client_await(laredo, id);
    assert_ok(reply);
    assert_text(reply.text, "Retenido: ");
    assert_int_equal(bench->inspector.asked, 2);
    assert_receipt(laredo, "laredo", "retenido", "NOT_INSPECTED");
}

static void upload_is_asked_about_again_when_the_inspector_comes_back(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    bench_inspector_go(bench);
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    uint32_t id = client_ask_put(laredo, path, PDF "uno");
    while (!bench->registry.intakes) {
        bench_turn(bench);
    }
    bench_inspector_come(bench);
    assert_text(client_await(laredo, id).text, FILED);
}

static void upload_of_many_files_waits_for_one_inspector_and_all_are_filed(void **state)
{
    enum { MANY = 300, SESSIONS = 20 };
    struct bench *bench = *state;
    struct client *laredo[SESSIONS];
    uint32_t ids[MANY];
    bench_inspector_go(bench);
    for (unsigned i = 0; i < SESSIONS; i++) {
        laredo[i] = client_new(bench, "laredo");
    }
    for (unsigned i = 0; i < MANY; i++) {
        char name[32], bytes[32];
        snprintf(name, sizeof name, "PED_%u.pdf", i);
        snprintf(bytes, sizeof bytes, "%s%u", PDF, i);
        ids[i] = client_ask_put(laredo[i % SESSIONS], bench_path(bench->operation, name),
                                bytes);
    }
    while (bench->registry.intakes < MANY) {
        bench_turn(bench);
    }
    bench_inspector_come(bench);
    for (unsigned i = 0; i < MANY; i++) {
        assert_text(client_await(laredo[i % SESSIONS], ids[i]).text, FILED);
    }
}

/* ---- the drop box ------------------------------------------------------------------ */

static void upload_into_the_inbox_is_filed_by_the_pedimento_in_its_name(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct client *acme = client_new(bench, "acme");
    char name[64];
    snprintf(name, sizeof name, "PED_%02d2434206001234.pdf", bench->year % 100);
    struct reply reply = client_put(laredo, bench_path("/entrada", name), PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, FILED);
    assert_int_equal(client_lists(laredo, bench->operation, name), 1);
    assert_int_equal(client_lists(laredo, "/entrada", name), 1);
    assert_int_equal(client_lists(acme, bench->files, name), 1);
    reply = client_stat(laredo, bench_path("/entrada", name));
    assert_int_equal(reply.size, strlen(PDF "uno"));
}

static void
upload_into_the_inbox_without_a_place_is_held_and_stays_stat_able(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct reply reply = client_put(laredo, "/entrada/PED_nada.pdf", PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, "Retenido: ");
    assert_receipt(laredo, "laredo", "retenido", "PLACE_UNKNOWN");
    reply = client_stat(laredo, "/entrada/PED_nada.pdf");
    assert_ok(reply);
    assert_int_equal(reply.size, strlen(PDF "uno"));
}

static void upload_into_the_inbox_that_fits_two_operations_is_held(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    char name[64], other[128];
    snprintf(other, sizeof other, "/clientes/" ACME "/%d/%s", bench->year,
             bench_operation_name(bench, "241", "3420", "6001234"));
    assert_ok(client_make_folder(laredo, other));
    snprintf(name, sizeof name, "PED_%02d2434206001234.pdf", bench->year % 100);
    assert_ok(client_put(laredo, bench_path("/entrada", name), PDF "uno"));
    assert_receipt(laredo, "laredo", "retenido", "PLACE_UNKNOWN");
    /* Three digits of the customs office tell them apart. */
    snprintf(name, sizeof name, "PED_%s.pdf",
             bench_operation_name(bench, "241", "3420", "6001234"));
    assert_ok(client_put(laredo, bench_path("/entrada", name), PDF "dos"));
    assert_int_equal(client_lists(laredo, other, name), 1);
}

static void upload_into_the_inbox_keeps_its_time_without_complaint(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    char name[64];
    snprintf(name, sizeof name, "PED_%02d2434206001234.pdf", bench->year % 100);
    const char *path = bench_path("/entrada", name);
    assert_ok(client_put(laredo, path, PDF "uno"));
    assert_ok(client_set_modified(laredo, path, 1700000000));
    assert_ok(client_put(laredo, "/entrada/PED_x.pdf", PDF "dos"));
    assert_ok(client_set_modified(laredo, "/entrada/PED_x.pdf", 1700000000));
    assert_int_equal(client_stat(laredo, "/entrada/PED_x.pdf").modified, 1700000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(upload_into_an_operation_is_filed_and_its_client_reads_the_same_bytes),
        TEST(upload_of_an_unknown_type_is_held_and_listed_with_its_reason),
        TEST(upload_two_held_of_one_name_are_told_apart),
        TEST(upload_that_is_refused_fails_with_its_code_and_leaves_a_receipt),
        TEST(upload_of_the_same_bytes_again_was_already_received),
        TEST(upload_of_other_bytes_under_a_filed_name_is_a_new_version),
        TEST(upload_without_truncation_never_touches_a_filed_document),
        TEST(upload_larger_than_the_account_may_send_is_refused),
        TEST(upload_whose_inspector_dies_twice_is_held_as_not_inspected),
        TEST(upload_is_asked_about_again_when_the_inspector_comes_back),
        TEST(upload_of_many_files_waits_for_one_inspector_and_all_are_filed),
        TEST(upload_into_the_inbox_is_filed_by_the_pedimento_in_its_name),
        TEST(upload_into_the_inbox_without_a_place_is_held_and_stays_stat_able),
        TEST(upload_into_the_inbox_that_fits_two_operations_is_held),
        TEST(upload_into_the_inbox_keeps_its_time_without_complaint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
