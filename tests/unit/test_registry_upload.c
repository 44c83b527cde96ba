/*
 * An upload's way in, from OPEN to the answer and beyond a crash: what is filed, held and
 * refused, partial names, resuming, the seal, late verdicts and recovery.
 */
#include "support/registry_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"

#define FILED "integrado al expediente. Acuse A"

static const struct policy_file hasty[] = {
    {"garita.yaml", "agency: {name: Ejemplo, time_zone: America/Mexico_City}\n"
                    "listen: [{protocol: sftp, address: 127.0.0.1, port: 2222}]\n"
                    "limits: {verdict_deadline_ms: 100}\n"}};

/* The name of the newest receipt among laredo's, told by its ending. */
static void newest_receipt(struct client *laredo, const char *word, char path[128])
{
    struct bench *bench = laredo->bench;
    struct receipt_row row;
    assert_int_equal(
        catalogue_receipts_newest(bench->registry.catalogue, "laredo", &row, 1), 1);
    time_t seconds = (time_t)(row.received / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    snprintf(path, 128, "/acuses/%04d/%02d/%s-%s.txt", local.tm_year + 1900,
             local.tm_mon + 1, row.folio, word);
}

static void assert_receipt_says(struct client *laredo, const char *word, const char *part)
{
    char path[128];
    newest_receipt(laredo, word, path);
    AUTO_FREE char *text = client_get(laredo, path);
    assert_text(text, part);
}

static size_t object_count(const struct bench *bench)
{
    size_t count = 0;
    for (unsigned i = 0; i < 256; i++) {
        char path[320];
        snprintf(path, sizeof path, "%s/objects/%02x", bench->directory, i);
        DIR *stream = opendir(path);
        assert_non_null(stream);
        for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
            count += entry->d_name[0] != '.';
        }
        closedir(stream);
    }
    return count;
}

/* ---- filed, held, refused -------------------------------------------------------------- */

static void upload_into_an_operation_is_filed_and_its_client_reads_the_same_bytes(
    void **state)
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
    assert_receipt_says(laredo, "retenido", "Resultado: retenido");
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
    bench_find(bench, FINDING_EXECUTABLE);
    size_t before = object_count(bench);
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply reply = client_put(laredo, path, "MZ");
    assert_reply(reply, TREE_FAILED, "EXECUTABLE");
    assert_text(reply.text, "Rechazado: ");
    assert_receipt_says(laredo, "rechazado", "EXECUTABLE");
    assert_reply(client_stat(laredo, path), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 0);
    /* The pool is filled up again; the bytes are gone. */
    assert_true(object_count(bench) <= before);
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
    assert_receipt_says(laredo, "duplicado", first.folio);
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
    assert_receipt_says(laredo, "retenido", "NOT_INSPECTED");
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
        assert_text(client_await(laredo[i % SESSIONS], ids[i]).text,
                    FILED);
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

static void upload_into_the_inbox_without_a_place_is_held_and_stays_stat_able(
    void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct reply reply = client_put(laredo, "/entrada/PED_nada.pdf", PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, "Retenido: ");
    assert_receipt_says(laredo, "retenido", "PLACE_UNKNOWN");
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
    assert_receipt_says(laredo, "retenido", "PLACE_UNKNOWN");
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

/* ---- partial names ----------------------------------------------------------------- */

static void upload_under_a_partial_name_is_looked_at_when_it_is_renamed(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *partial = bench_path(bench->operation, "PED_1.pdf.filepart");
    const char *final = bench_path(bench->operation, "PED_1.pdf");
    struct reply reply = client_put(laredo, partial, PDF "uno");
    assert_ok(reply);
    assert_int_equal(bench->inspector.asked, 0);
    assert_int_equal(client_stat(laredo, partial).size, strlen(PDF "uno"));
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf.filepart"), 1);
    reply = client_rename(laredo, partial, final, false);
    assert_ok(reply);
    assert_text(reply.text, FILED);
    assert_int_equal(bench->inspector.asked, 1);
    assert_string_equal(bench->inspector.name, "PED_1.pdf");
    assert_reply(client_stat(laredo, partial), TREE_NO_SUCH, "NO_SUCH");
    assert_int_equal(client_lists(laredo, bench->operation, "PED_1.pdf"), 1);
}

static void upload_refused_at_its_rename_fails_the_rename(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *partial = bench_path(bench->operation, "PED_1.pdf.part");
    assert_ok(client_put(laredo, partial, PDF "uno"));
    bench_find(bench, FINDING_PDF_LAUNCH);
    assert_reply(client_rename(laredo, partial, bench_path(bench->operation, "PED_1.pdf"),
                               false),
                 TREE_FAILED, "PDF_LAUNCH");
}

static void upload_renamed_onto_a_document_needs_overwriting(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *partial = bench_path(bench->operation, "PED_1.pdf.filepart");
    const char *final = bench_path(bench->operation, "PED_1.pdf");
    assert_ok(client_put(laredo, final, PDF "uno"));
    assert_ok(client_put(laredo, partial, PDF "dos"));
    assert_reply(client_rename(laredo, partial, final, false), TREE_FAILED, "EXISTS");
    struct reply reply = client_rename(laredo, partial, final, true);
    assert_ok(reply);
    assert_text(reply.text, "nueva versión");
    AUTO_FREE char *bytes = client_get(laredo, final);
    assert_string_equal(bytes, PDF "dos");
}

/* A partial name says nothing of the type: the rename is where it is asked about. */
static void upload_renamed_to_a_type_that_is_not_ones_own_is_denied(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *partial = bench_path(bench->operation, "x.filepart");
    const char *account = bench_path(bench->operation, "CG_1.pdf");
    assert_reply(client_put(laredo, account, PDF "cuenta"), TREE_DENIED, "NOT_GRANTED");
    assert_ok(client_put(laredo, partial, PDF "cuenta"));
    assert_reply(client_rename(laredo, partial, account, false), TREE_DENIED,
                 "NOT_GRANTED");
    assert_reply(client_rename(laredo, partial, account, true), TREE_DENIED,
                 "NOT_GRANTED");
}

/* ---- resuming ---------------------------------------------------------------------- */

static void upload_left_by_a_dropped_session_is_resumed(void **state)
{
    struct bench *bench = *state;
    struct client *first = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(first, path, BENCH_WRITE);
    assert_true(fd_write_all(opened.fd, PDF, strlen(PDF), NULL));
    close(opened.fd);
    client_drop(first);
    struct client *second = client_new(bench, "laredo");
    assert_int_equal(client_stat(second, path).size, strlen(PDF));
    assert_int_equal(client_lists(second, bench->operation, "PED_1.pdf"), 1);
    opened = client_open(second, path, TREE_WRITE);
    assert_ok(opened);
    assert_int_equal(opened.size, strlen(PDF));
    assert_int_equal(pwrite(opened.fd, "fin", 3, (off_t)opened.size), 3);
    assert_text(client_close(second, &opened).text, FILED);
    AUTO_FREE char *bytes = client_get(second, path);
    assert_string_equal(bytes, PDF "fin");
}

static void upload_is_taken_over_from_the_session_that_still_holds_it(void **state)
{
    struct bench *bench = *state;
    struct client *ghost = client_new(bench, "laredo");
    struct client *second = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply held = client_open(ghost, path, BENCH_WRITE);
    assert_true(fd_write_all(held.fd, PDF, strlen(PDF), NULL));
    struct tree_open again = {.intent = TREE_WRITE, .path = bytes_of_text(path)};
    uint32_t id = client_ask(second, &tree_open_schema, &again);
    while (ghost->channel >= 0) {
        bench_turn(bench);
    }
    /* The ghost's process still has its descriptor: nobody else writes until it is closed. */
    for (unsigned i = 0; i < 5; i++) {
        bench_turn(bench);
        assert_false(client_answered(second, id));
    }
    close(held.fd);
    struct reply opened = client_await(second, id);
    assert_ok(opened);
    assert_int_equal(opened.size, strlen(PDF));
    assert_int_equal(pwrite(opened.fd, "fin", 3, (off_t)opened.size), 3);
    assert_text(client_close(second, &opened).text, FILED);
}

static void upload_abandoned_while_it_is_taken_over_can_be_resumed(void **state)
{
    struct bench *bench = *state;
    struct client *ghost = client_new(bench, "laredo");
    struct client *second = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply held = client_open(ghost, path, BENCH_WRITE);
    assert_true(fd_write_all(held.fd, PDF, strlen(PDF), NULL));
    struct tree_open again = {.intent = TREE_WRITE, .path = bytes_of_text(path)};
    client_ask(second, &tree_open_schema, &again);
    while (ghost->channel >= 0) {
        bench_turn(bench);
    }
    client_drop(second);
    close(held.fd);
    struct client *third = client_new(bench, "laredo");
    struct reply opened;
    do { /* BUSY while the second one's opening ends */
        opened = client_open(third, path, TREE_WRITE);
    } while (strcmp(opened.reason, "BUSY") == 0);
    assert_ok(opened);
    assert_int_equal(opened.size, strlen(PDF));
    assert_ok(client_close(third, &opened));
}

static void upload_opened_twice_in_one_session_is_busy(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(laredo, path, BENCH_WRITE);
    assert_ok(opened);
    assert_reply(client_open(laredo, path, BENCH_WRITE), TREE_FAILED, "BUSY");
    assert_reply(client_open(laredo, path, TREE_WRITE), TREE_FAILED, "BUSY");
    assert_reply(client_open(laredo, path, BENCH_WRITE | TREE_EXCLUSIVE), TREE_FAILED,
                 "EXISTS");
    assert_reply(client_remove(laredo, path), TREE_FAILED, "BUSY");
    assert_true(fd_write_all(opened.fd, PDF, strlen(PDF), NULL));
    assert_ok(client_close(laredo, &opened));
}

static void upload_begun_anew_forgets_what_was_left(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf.part");
    assert_ok(client_put(laredo, path, PDF "largo y viejo"));
    assert_ok(client_put(laredo, path, PDF));
    assert_int_equal(client_stat(laredo, path).size, strlen(PDF));
    assert_ok(client_remove(laredo, path));
    assert_reply(client_stat(laredo, path), TREE_NO_SUCH, "NO_SUCH");
}

static void upload_refused_for_too_many_handles_leaves_nothing(void **state)
{
    static const struct policy_file few[] = {
        {"garita.yaml", "agency: {name: Ejemplo, time_zone: America/Mexico_City}\n"
                        "listen: [{protocol: sftp, address: 127.0.0.1, port: 2222}]\n"
                        "limits: {handles: 1}\n"}};
    struct bench *bench = *state;
    bench_policy(bench, few, ARRAY_SIZE(few));
    struct client *laredo = client_new(bench, "laredo");
    struct reply opened =
        client_open(laredo, bench_path(bench->operation, "PED_1.pdf"), BENCH_WRITE);
    const char *other = bench_path(bench->operation, "PED_2.pdf");
    assert_reply(client_open(laredo, other, BENCH_WRITE), TREE_FAILED,
                 "TOO_MANY_HANDLES");
    assert_reply(client_stat(laredo, other), TREE_NO_SUCH, "NO_SUCH");
    assert_ok(client_close(laredo, &opened));
}

/* ---- the seal ---------------------------------------------------------------------- */

static void upload_is_sealed_only_when_its_last_writer_is_gone(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    struct reply opened =
        client_open(laredo, bench_path(bench->operation, "PED_1.pdf"), BENCH_WRITE);
    AUTO_CLOSE int kept = fcntl(opened.fd, F_DUPFD_CLOEXEC, 0);
    assert_true(fd_write_all(opened.fd, PDF, strlen(PDF), NULL));
    uint32_t id = client_ask_close(laredo, &opened);
    for (unsigned i = 0; i < 5; i++) {
        bench_turn(bench);
        assert_int_equal(bench->inspector.asked, 0);
        assert_false(client_answered(laredo, id));
    }
    close(TAKE_FD(kept));
    assert_text(client_await(laredo, id).text, FILED);
}

static void upload_that_is_never_let_go_is_busy_and_nothing_is_filed(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(laredo, path, BENCH_WRITE);
    AUTO_CLOSE int kept = fcntl(opened.fd, F_DUPFD_CLOEXEC, 0);
    int64_t begun = clock_monotonic_ms();
    assert_reply(client_close(laredo, &opened), TREE_FAILED, "BUSY");
    assert_true(clock_monotonic_ms() - begun >= INTAKE_LEASE_WAIT_MS);
    assert_int_equal(bench->inspector.asked, 0);
    close(TAKE_FD(kept));
    assert_ok(client_put(laredo, path, PDF "otra vez"));
}

/* ---- late verdicts, and the start after a crash ---------------------------------------- */

static void upload_with_a_late_verdict_is_answered_and_then_filed(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    bench_policy(bench, hasty, ARRAY_SIZE(hasty));
    bench->inspector.mute = true;
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply reply = client_put(laredo, path, PDF "uno");
    assert_ok(reply);
    assert_text(reply.text, "en validación");
    assert_int_equal(client_stat(laredo, path).size, strlen(PDF "uno"));
    assert_reply(client_open(laredo, path, BENCH_WRITE), TREE_FAILED, "BUSY");
    assert_reply(client_remove(laredo, path), TREE_FAILED, "BUSY");
    struct receipt_row none;
    assert_int_equal(
        catalogue_receipts_newest(bench->registry.catalogue, "laredo", &none, 1), 0);
    bench_speak(bench);
    bench_wait(bench, bench_quiet);
    assert_receipt_says(laredo, "archivado", "PED_1.pdf");
}

static void late_then_crash(struct bench *bench)
{
    struct client *laredo = client_new(bench, "laredo");
    bench_policy(bench, hasty, ARRAY_SIZE(hasty));
    bench->inspector.mute = true;
    struct reply reply =
        client_put(laredo, bench_path(bench->operation, "PED_1.pdf"), PDF "uno");
    assert_text(reply.text, "en validación");
}

static void upload_that_was_answered_is_taken_up_again_after_a_crash(void **state)
{
    struct bench *bench = *state;
    bench_crash(bench, late_then_crash);
    bench_open(bench);
    assert_int_equal(bench->registry.intakes, 1);
    bench_wait(bench, bench_quiet);
    struct client *laredo = client_new(bench, "laredo");
    assert_receipt_says(laredo, "archivado", "PED_1.pdf");
    AUTO_FREE char *bytes = client_get(laredo, bench_path(bench->operation, "PED_1.pdf"));
    assert_string_equal(bytes, PDF "uno");
}

static void unfinished_then_crash(struct bench *bench)
{
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(laredo, path, BENCH_WRITE);
    assert_true(fd_write_all(opened.fd, PDF, strlen(PDF), NULL));
    assert_ok(client_put(laredo, bench_path(bench->operation, "PED_2.pdf"), PDF "dos"));
    assert_ok(
        client_put(laredo, bench_path(bench->operation, "PED_3.pdf.part"), PDF "tres"));
    /* An object that no row names, as a crash between two steps leaves it. */
    char id[OBJECT_ID_SIZE];
    int write_fd, read_fd;
    assert_true(
        objects_create(bench->registry.objects, id, &write_fd, &read_fd, NULL));
}

static void recovery_keeps_what_is_unfinished_and_destroys_what_is_unknown(void **state)
{
    struct bench *bench = *state;
    bench_crash(bench, unfinished_then_crash);
    assert_true(object_count(bench) > 4); /* those of the pool too */
    bench_open(bench);
    assert_int_equal(object_count(bench), 3 + OBJECTS_POOL_SIZE);
    struct client *laredo = client_new(bench, "laredo");
    const char *path = bench_path(bench->operation, "PED_1.pdf");
    struct reply opened = client_open(laredo, path, TREE_WRITE);
    assert_ok(opened);
    assert_int_equal(opened.size, strlen(PDF));
    assert_ok(client_close(laredo, &opened));
    assert_ok(client_rename(laredo, bench_path(bench->operation, "PED_3.pdf.part"),
                            bench_path(bench->operation, "PED_3.pdf"), false));
    AUTO_FREE char *filed = client_get(laredo, bench_path(bench->operation, "PED_2.pdf"));
    assert_string_equal(filed, PDF "dos");
    /* Once more does no more. */
    client_drop(laredo);
    bench_close(bench);
    bench_open(bench);
    assert_int_equal(object_count(bench), 3 + OBJECTS_POOL_SIZE);
    assert_int_equal(bench->registry.intakes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
#define CRASH_TEST(name) \
    cmocka_unit_test_setup_teardown(name, bench_setup_closed, bench_teardown)

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
        TEST(upload_under_a_partial_name_is_looked_at_when_it_is_renamed),
        TEST(upload_refused_at_its_rename_fails_the_rename),
        TEST(upload_renamed_onto_a_document_needs_overwriting),
        TEST(upload_renamed_to_a_type_that_is_not_ones_own_is_denied),
        TEST(upload_left_by_a_dropped_session_is_resumed),
        TEST(upload_is_taken_over_from_the_session_that_still_holds_it),
        TEST(upload_abandoned_while_it_is_taken_over_can_be_resumed),
        TEST(upload_opened_twice_in_one_session_is_busy),
        TEST(upload_begun_anew_forgets_what_was_left),
        TEST(upload_refused_for_too_many_handles_leaves_nothing),
        TEST(upload_is_sealed_only_when_its_last_writer_is_gone),
        TEST(upload_that_is_never_let_go_is_busy_and_nothing_is_filed),
        TEST(upload_with_a_late_verdict_is_answered_and_then_filed),
        CRASH_TEST(upload_that_was_answered_is_taken_up_again_after_a_crash),
        CRASH_TEST(recovery_keeps_what_is_unfinished_and_destroys_what_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
