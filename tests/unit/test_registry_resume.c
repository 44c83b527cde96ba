/*
 * An upload that takes its time: partial names, lines that drop, the seal, late verdicts, and the
 * start after a crash.
 */
#include "support/registry_bench.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/clock.h"

#define FILED "integrado al expediente. Acuse A"

static const struct policy_file hasty[] = {
    {"garita.yaml", "agency: {name: Ejemplo, time_zone: America/Mexico_City}\n"
                    "listen: [{protocol: sftp, address: 127.0.0.1, port: 2222}]\n"
                    "limits: {verdict_deadline_ms: 100}\n"}};

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
    /* Nothing lies under a name that was sent and is no document: it can be taken again. */
    const char *again = bench_path(bench->operation, "PED_2.pdf");
    for (unsigned time = 0; time < 2; time++) {
        assert_ok(client_put(laredo, partial, PDF "uno"));
        reply = client_rename(laredo, partial, again, false);
        assert_ok(reply);
        assert_text(reply.text, "no se duplicó");
    }
}

static void upload_refused_at_its_rename_fails_the_rename(void **state)
{
    struct bench *bench = *state;
    struct client *laredo = client_new(bench, "laredo");
    const char *partial = bench_path(bench->operation, "PED_1.pdf.part");
    assert_ok(client_put(laredo, partial, PDF "uno"));
    bench_find(bench, FINDING_PDF_LAUNCH);
    assert_reply(
        client_rename(laredo, partial, bench_path(bench->operation, "PED_1.pdf"), false),
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
    const struct upload *upload =
        upload_find(bench->registry.uploads, "laredo", bench->operation, "PED_1.pdf");
    while (upload->settling) {
        bench_turn(bench);
    }
    assert_int_equal(upload->read_fd, -1);
    struct client *third = client_new(bench, "laredo");
    struct reply opened = client_open(third, path, TREE_WRITE);
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
    assert_receipt(laredo, "laredo", "archivado", "PED_1.pdf");
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
    assert_receipt(laredo, "laredo", "archivado", "PED_1.pdf");
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
    assert_true(objects_create(bench->registry.objects, id, &write_fd, &read_fd, NULL));
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
