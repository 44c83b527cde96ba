/*
 * Reading policies: the example that ships, limits that no golden file can show, and the time
 * that decisions take when there are many accounts.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "support/policy_small.h"

static bool complained(const struct policy_reader *reader, const char *wanted)
{
    char line[COMPLAINT_LINE_MAX];
    const struct complaints *complaints = policy_reader_complaints(reader);
    for (size_t i = 0; i < complaints->count; i++) {
        if (strcmp(complaints_line(complaints, i, line), wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* What the small policy and one more file are answered with: the first complaint, or "". */
static void complaint_about(const char *path, struct bytes bytes,
                            char line[COMPLAINT_LINE_MAX])
{
    struct err err = {0};
    struct buf image;
    AUTO(policy_reader) reader = policy_reader_new();
    assert_non_null(reader);
    buf_init(&image, SIZE_MAX / 2);
    for (size_t i = 0; i < ARRAY_SIZE(policy_small); i++) {
        if (strcmp(policy_small[i].path, path) != 0) {
            policy_reader_file(reader, policy_small[i].path,
                               bytes_of_text(policy_small[i].text));
        }
    }
    policy_reader_file(reader, path, bytes);
    bool read = policy_reader_image(reader, &image, &err);
    const struct complaints *complaints = policy_reader_complaints(reader);
    assert_int_equal(read, complaints->count == 0);
    assert_int_equal(read, buf_size(&image) > 0);
    line[0] = '\0';
    if (complaints->count > 0) {
        complaints_line(complaints, 0, line);
    }
    buf_done(&image);
}

static void policy_reader_takes_the_example(void **state)
{
    (void)state;
    struct err err = {0};
    struct buf image;
    AUTO(policy_reader) reader = policy_reader_new();
    AUTO_CLOSE int directory =
        open(SOURCE_DIRECTORY "/deploy/examples/agency/policy", O_RDONLY | O_DIRECTORY);
    buf_init(&image, SIZE_MAX / 2);
    assert_true(reader && directory >= 0);
    assert_true(policy_reader_directory(reader, directory, &err));
    assert_true(policy_reader_image(reader, &image, &err));
    AUTO(policy) policy = policy_files_of_image(buf_view(&image), &err);
    buf_done(&image);
    assert_non_null(policy);
    assert_int_equal(policy_document_type_count(policy), 37);
    assert_int_equal(policy_client_count(policy), 2);
    const struct policy_account *laredo = policy_account_find(policy, "laredo");
    assert_non_null(laredo);
    assert_int_equal(policy_mount_count(policy, laredo), 4);
    assert_true(policy_serves(policy, laredo, "ACM010101AB1", "240", "3420"));
    assert_false(policy_serves_client(policy, laredo, "BET020202CD2"));
}

/* The same files in any order make the same bytes, and so the same version. */
static void policy_reader_writes_the_same_image_for_the_same_files(void **state)
{
    (void)state;
    size_t count = ARRAY_SIZE(policy_small);
    struct policy_file reversed[ARRAY_SIZE(policy_small)];
    for (size_t i = 0; i < count; i++) {
        reversed[i] = policy_small[count - 1 - i];
    }
    struct buf first;
    struct buf second;
    assert_true(policy_files_image(policy_small, count, &first));
    assert_true(policy_files_image(reversed, count, &second));
    assert_true(bytes_equal(buf_view(&first), buf_view(&second)));
    buf_done(&first);
    buf_done(&second);
}

static const struct {
    const char *written;
    uint64_t bytes; /* 0: refused */
} size_rows[] = {
    {"1", 1},
    {"1048576", 1048576},
    {"10 B", 10},
    {"1 KiB", 1024},
    {"500 MiB", UINT64_C(500) << 20},
    {"500MiB", UINT64_C(500) << 20},
    {"'2 GiB'", UINT64_C(2) << 30},
    {"1024 TiB", UINT64_C(1) << 50},
    {"1025 TiB", 0},
    {"2 GB", 0},
    {"2 gib", 0},
    {"2.5 GiB", 0},
    {"-1", 0},
    {"+1", 0},
    {"010", 0},
    {"0x10", 0},
    {"0", 0},
    {"''", 0},
    {"18446744073709551615", 0},
    {"18446744073709551617", 0},
    {"16777216 TiB", 0},
};

static void policy_reader_sizes_have_units_and_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(size_rows); i++) {
        char text[128];
        struct policy_file files[ARRAY_SIZE(policy_small)];
        memcpy(files, policy_small, sizeof files);
        snprintf(text, sizeof text, "kind: system\nmax_file: %s\n", size_rows[i].written);
        for (size_t file = 0; file < ARRAY_SIZE(files); file++) {
            if (strcmp(files[file].path, "roles/sistema.yaml") == 0) {
                files[file].text = text;
            }
        }
        if (size_rows[i].bytes == 0) {
            char line[COMPLAINT_LINE_MAX];
            complaint_about("roles/sistema.yaml", bytes_of_text(text), line);
            assert_memory_equal(line, "roles/sistema.yaml:2:11: ", 25);
            continue;
        }
        AUTO(policy) policy = policy_files_map(files, ARRAY_SIZE(files));
        assert_non_null(policy);
        const struct policy_account *sica = policy_account_find(policy, "sica");
        assert_true(policy_account_max_file(sica) == size_rows[i].bytes);
    }
}

/* YAML 1.1 would read these as a boolean, an octal number, nothing, a date. */
static void policy_reader_takes_scalars_as_written(void **state)
{
    (void)state;
    static const char *const names[] = {"no", "010", "~", "2026-11-22", "1e3", "0x1F"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char text[64];
        struct policy_file files[ARRAY_SIZE(policy_small)];
        memcpy(files, policy_small, sizeof files);
        snprintf(text, sizeof text, "rfc: ACM010101AB1\nname: %s\n", names[i]);
        for (size_t file = 0; file < ARRAY_SIZE(files); file++) {
            if (strcmp(files[file].path, "clients/acme.yaml") == 0) {
                files[file].text = text;
            }
        }
        AUTO(policy) policy = policy_files_map(files, ARRAY_SIZE(files));
        assert_non_null(policy);
        assert_string_equal(policy_client(policy, 0).name, names[i]);
    }
}

static void policy_reader_stops_at_200000_values(void **state)
{
    (void)state;
    struct buf text;
    char line[COMPLAINT_LINE_MAX];
    buf_init(&text, SOURCE_FILE_MAX);
    for (size_t i = 0; i < 200001; i++) {
        buf_printf(&text, "- x\n");
    }
    assert_false(text.failed);
    complaint_about("names.yaml", buf_view(&text), line);
    assert_string_equal(line,
                        "names.yaml:200000:3: the file holds more than 200,000 values");
    buf_done(&text);
}

/* libyaml alone would go far deeper; and must not take its time about it. */
static void policy_reader_stops_at_16_levels(void **state)
{
    (void)state;
    struct buf text;
    char line[COMPLAINT_LINE_MAX];
    buf_init(&text, SOURCE_FILE_MAX);
    for (size_t i = 0; i < 100000; i++) {
        buf_printf(&text, "[");
    }
    complaint_about("names.yaml", buf_view(&text), line);
    assert_string_equal(line, "names.yaml:1:17: lists and maps nest more than 16 deep");
    buf_done(&text);
}

static void policy_reader_keeps_100_complaints_and_counts_the_rest(void **state)
{
    (void)state;
    struct buf text;
    struct buf image;
    struct err err = {0};
    AUTO(policy_reader) reader = policy_reader_new();
    buf_init(&text, SOURCE_FILE_MAX);
    buf_init(&image, SIZE_MAX / 2);
    for (size_t i = 0; i < 150; i++) {
        buf_printf(&text, "k%zu: 1\n", i);
    }
    policy_reader_file(reader, "garita.yaml", buf_view(&text));
    assert_false(policy_reader_image(reader, &image, &err));
    assert_int_equal(policy_reader_complaints(reader)->count, COMPLAINTS_MAX);
    /* 50 unknown keys, two keys that are missing. Files that are missing came first. */
    assert_int_equal(policy_reader_complaints(reader)->left_out, 54);
    assert_true(complained(reader, "garita.yaml:1:1: unknown key \"k0\""));
    buf_done(&text);
}

static void policy_reader_refuses_a_file_above_1_mib(void **state)
{
    (void)state;
    char path[] = "/tmp/garita-policy-XXXXXX";
    struct err err = {0};
    struct buf image;
    assert_non_null(mkdtemp(path));
    AUTO_CLOSE int directory = open(path, O_RDONLY | O_DIRECTORY);
    AUTO_CLOSE int file = openat(directory, "names.yaml", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(file, SOURCE_FILE_MAX + 1), 0);
    AUTO(policy_reader) reader = policy_reader_new();
    buf_init(&image, SIZE_MAX / 2);
    assert_true(policy_reader_directory(reader, directory, &err));
    assert_false(policy_reader_image(reader, &image, &err));
    assert_true(complained(reader, "names.yaml: larger than 1048576 bytes"));
    unlinkat(directory, "names.yaml", 0);
    rmdir(path);
}

/* ---- how long a decision takes ----------------------------------------------------- */

enum { MANY = 10000, FEW = 10, QUESTIONS = 20000, BEST_OF = 5 };

static void add_accounts(struct policy_reader *reader, size_t count)
{
    for (size_t i = 0; i < ARRAY_SIZE(policy_small); i++) {
        policy_reader_file(reader, policy_small[i].path,
                           bytes_of_text(policy_small[i].text));
    }
    static char texts[MANY][2][96];
    char path[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i][0], sizeof texts[i][0], "rfc: ZZ%c%06d%03zu\nname: Cliente\n",
                 (char)('A' + i / 1000), 10101, i % 1000);
        snprintf(path, sizeof path, "clients/c%zu.yaml", i);
        policy_reader_file(reader, path, bytes_of_text(texts[i][0]));
        snprintf(texts[i][1], sizeof texts[i][1],
                 "role: corresponsal\nserves: [{client: ZZ%c%06d%03zu}]\n",
                 (char)('A' + i / 1000), 10101, i % 1000);
        snprintf(path, sizeof path, "accounts/a%zu.yaml", i);
        policy_reader_file(reader, path, bytes_of_text(texts[i][1]));
    }
}

static struct policy *policy_with(size_t accounts)
{
    struct err err = {0};
    struct buf image;
    AUTO(policy_reader) reader = policy_reader_new();
    buf_init(&image, SIZE_MAX / 2);
    add_accounts(reader, accounts);
    assert_true(policy_reader_image(reader, &image, &err));
    struct policy *policy = policy_files_of_image(buf_view(&image), &err);
    buf_done(&image);
    assert_non_null(policy);
    return policy;
}

static double nanoseconds_a_decision(const struct policy *policy)
{
    struct policy_question question = {.account = policy_account_find(policy, "laredo"),
                                       .view = POLICY_VIEW_CLIENTS,
                                       .right = POLICY_RIGHT_READ,
                                       .rfc = "ACM010101AB1",
                                       .aduana = "240",
                                       .patente = "3420",
                                       .document_type = "PEDIMENTO"};
    double best = 1e18;
    for (int round = 0; round < BEST_OF; round++) {
        struct timespec from;
        struct timespec to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < QUESTIONS; i++) {
            assert_true(policy_decide(policy, &question).allowed);
        }
        clock_gettime(CLOCK_MONOTONIC, &to);
        double spent =
            (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
        best = spent / QUESTIONS < best ? spent / QUESTIONS : best;
    }
    return best;
}

/* The figures are for whoever reads; speed is judged in benchmarks, never here. */
static void policy_decide_finds_each_of_10000_accounts(void **state)
{
    (void)state;
    AUTO(policy) few = policy_with(FEW);
    AUTO(policy) many = policy_with(MANY);
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%u", i);
        assert_non_null(policy_account_find(many, name));
    }
    assert_null(policy_account_find(many, "a10000"));
    print_message("a decision: %.0f ns with %d accounts, %.0f ns with %d\n",
                  nanoseconds_a_decision(few), FEW, nanoseconds_a_decision(many), MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_reader_takes_the_example),
        cmocka_unit_test(policy_reader_writes_the_same_image_for_the_same_files),
        cmocka_unit_test(policy_reader_sizes_have_units_and_bounds),
        cmocka_unit_test(policy_reader_takes_scalars_as_written),
        cmocka_unit_test(policy_reader_stops_at_200000_values),
        cmocka_unit_test(policy_reader_stops_at_16_levels),
        cmocka_unit_test(policy_reader_keeps_100_complaints_and_counts_the_rest),
        cmocka_unit_test(policy_reader_refuses_a_file_above_1_mib),
        cmocka_unit_test(policy_decide_finds_each_of_10000_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
