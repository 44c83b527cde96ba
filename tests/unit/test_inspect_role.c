/*
 * garita-inspect itself, in its sandbox, with this test as its supervisor and its registry.
 * What the sandbox would refuse (a library that opens a file at its third PDF) shows here.
 */
#include "support/inspect_files.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/spawn.h"
#include "policy/image.h"
#include "wire/control.h"
#include "wire/inspection.h"

enum { WAIT_MS = 30000, OTHER_USER = 64123, MEMORY = 256 << 20, CPU_S = 2 };

struct inspectors {
    pid_t pid;
    int control;
    int registry;
    int journal; /* its standard error */
    uint64_t last_id;
};

static struct inspectors role;

/* An agency and nothing else; sections follow each other, the strings are one NUL. */
static int make_policy(uint64_t cpu_s)
{
    struct image_agency agency = {.name = 0};
    agency.limits[POLICY_LIMIT_INSPECT_CPU_S] = cpu_s;
    agency.limits[POLICY_LIMIT_INSPECT_MEMORY] = MEMORY;
    memset(agency.verdicts, IMAGE_NO_VERDICT, sizeof agency.verdicts);
    uint32_t at = (sizeof(struct image_header) + 7) / 8 * 8;
    uint32_t strings = at + (uint32_t)(sizeof agency + 7) / 8 * 8;
    uint32_t size = strings + 8;
    struct image_header header = {
        .magic = IMAGE_MAGIC, .layout = image_layout(), .size = size};
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        header.sections[section] = (struct image_range){.first = strings};
    }
    header.sections[IMAGE_AGENCY] = (struct image_range){.first = at, .count = 1};
    header.sections[IMAGE_STRINGS] = (struct image_range){.first = strings, .count = 1};
    AUTO_FREE uint8_t *image = calloc(1, size);
    memcpy(image, &header, sizeof header);
    memcpy(&image[at], &agency, sizeof agency);
    header.version = image_digest((struct bytes){image, size});
    memcpy(image, &header, sizeof header);
    int fd = fd_sealed("policy", (struct bytes){image, size}, NULL);
    assert_true(fd >= 0);
    return fd;
}

static void hear(int channel, struct channel_message *in)
{
    struct err err = {0};
    enum channel_result result =
        channel_wait(channel, clock_monotonic_ms() + WAIT_MS, &err);
    if (result == CHANNEL_OK) {
        result = channel_receive(channel, in, &err);
    }
    if (result != CHANNEL_OK) {
        char journal[4096] = "";
        ssize_t got = pread(role.journal, journal, sizeof journal - 1, 0);
        fail_msg("%d %s; journal of %zd: %s", result, err.text, got, journal);
    }
}

static void say(const struct wire_schema *schema, const void *message, const int *fds)
{
    assert_int_equal(wire_send(role.control, schema, message, fds, NULL), CHANNEL_OK);
}

static void start_role(void)
{
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    role.control = ends[0];
    role.journal = memory_file((struct bytes){NULL, 0});
    struct spawn spawn = {.executable = BINARY_DIRECTORY "/bin/garita-inspect",
                          .name = "garita-inspect",
                          .control = ends[1],
                          .standard_error = role.journal};
    struct err err = {0};
    role.pid = spawn_role(&spawn, &err);
    if (role.pid < 0) {
        fail_msg("%s", err.text);
    }
    close(ends[1]);
}

static void connect_registry(void)
{
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    struct role_peer peer = {.role = ROLE_REGISTRY, .address = ""};
    say(&role_peer_schema, &peer, &ends[1]);
    close(ends[1]);
    role.registry = ends[0];
}

static int set_up(void **state)
{
    (void)state;
    start_role();
    AUTO_CLOSE int policy = make_policy(CPU_S);
    struct role_setup setup = {.agency = "/nonexistent",
                               .uid = geteuid() == 0 ? OTHER_USER : 0,
                               .time_zone = "UTC"};
    say(&role_setup_schema, &setup, &policy);
    static struct channel_message in;
    hear(role.control, &in);
    struct role_ready ready;
    assert_true(wire_get(&in, &role_ready_schema, &ready, NULL));
    connect_registry();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct role_stop stop = {.grace_ms = 1000};
    say(&role_stop_schema, &stop, NULL);
    int status = -1;
    assert_int_equal(waitpid(role.pid, &status, 0), role.pid);
    char journal[8192] = "";
    ssize_t got = pread(role.journal, journal, sizeof journal - 1, 0);
    close(role.control);
    close(role.registry);
    close(role.journal);
    if (status != 0 || got < 0 || strstr(journal, "sandbox_trap")) {
        print_error("ended with %d: %s\n", status, journal);
        return -1;
    }
    return 0;
}

static void ask(const char *account, const char *name, struct bytes bytes)
{
    AUTO_CLOSE int fd = memory_file(bytes);
    struct inspect_ask message = {.id = ++role.last_id,
                                  .account = account,
                                  .name = name,
                                  .deadline_ms = WAIT_MS / 2};
    assert_int_equal(wire_send(role.registry, &inspect_ask_schema, &message, &fd, NULL),
                     CHANNEL_OK);
}

/* Lives until the next call. */
static const struct inspect_answer *answer(void)
{
    static struct channel_message in;
    static struct inspect_answer message;
    hear(role.registry, &in);
    assert_true(wire_get(&in, &inspect_answer_schema, &message, NULL));
    return &message;
}

static void expect(finding_set expected, const char *why)
{
    const struct inspect_answer *got = answer();
    finding_set found = 0;
    for (size_t at = 0; at < got->findings.size; at++) {
        found |= finding_bit((enum finding)got->findings.at[at]);
    }
    if (!got->hashed || found != expected) {
        fail_msg("%s: hashed %d, findings %llx, %s, %s", why, got->hashed,
                 (unsigned long long)found, got->media_type, got->detail);
    }
}

static void look_at_pdf(const char *catalogue, finding_set expected)
{
    struct pdf_maker maker;
    pdf_start_page(&maker, catalogue);
    ask("laredo", "PED_1.pdf", pdf_finish(&maker));
    expect(expected, catalogue);
    buf_done(&maker.buf);
}

static void inspect_role_looks_at_files_in_its_sandbox(void **state)
{
    (void)state;
    look_at_pdf("", 0);
    look_at_pdf("", 0);
    look_at_pdf("/OpenAction<</S/JavaScript/JS(x)>>", finding_bit(FINDING_PDF_SCRIPT));
    ask("laredo", "a.xml", bytes_of_text("<?xml version=\"1.0\"?><a/>"));
    expect(0, "XML");
    ask("manzanillo", "a.pdf", bytes_of_text("%PDF-1.4\nMZ\x90"));
    expect(finding_bit(FINDING_PDF_DAMAGED), "damaged");
    ask("manzanillo", "a.txt", bytes_of_text("#!/bin/sh\n"));
    expect(finding_bit(FINDING_EXECUTABLE), "a script");
    ask("manzanillo", "a.pdf", bytes_of_text(""));
    expect(finding_bit(FINDING_EMPTY), "empty");
    static const uint8_t der[] = {0x30, 0x10, 0x02, 0x01, 0x00, 0x04, 0x0b, 0, 0,
                                  0,    0,    0,    0,    0,    0,    0,    0, 0};
    ask("manzanillo", "a.cer", (struct bytes){der, sizeof der});
    expect(finding_bit(FINDING_FORMAT_UNKNOWN), "DER that is no key");
}

/* More than all the memory that an inspector has; a hole in the file costs none of ours. */
static void inspect_role_looks_through_a_pdf_larger_than_its_memory(void **state)
{
    (void)state;
    static const char objects[] =
        "%PDF-1.4\n"
        "1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R>>endobj\n"
        "4 0 obj<</S/JavaScript/JS(x)>>endobj\n"
        "5 0 obj<</Length 300000000>>stream\n";
    enum { HOLE = 300000000 };
    AUTO_CLOSE int fd = memory_file(bytes_of_text(objects));
    assert_true(lseek(fd, HOLE, SEEK_END) > 0);
    dprintf(fd, "\nendstream endobj\n");
    off_t table = lseek(fd, 0, SEEK_END);
    dprintf(fd, "xref\n0 6\n0000000000 65535 f \n");
    for (int number = 1; number <= 5; number++) {
        char start[24];
        snprintf(start, sizeof start, "%d 0 obj", number);
        dprintf(fd, "%010d 00000 n \n", (int)(strstr(objects, start) - objects));
    }
    dprintf(fd, "trailer<</Size 6/Root 1 0 R>>\nstartxref\n%jd\n%%%%EOF\n",
            (intmax_t)table);
    struct inspect_ask message = {.id = ++role.last_id,
                                  .account = "laredo",
                                  .name = "PED_1.pdf",
                                  .deadline_ms = WAIT_MS / 2};
    assert_int_equal(wire_send(role.registry, &inspect_ask_schema, &message, &fd, NULL),
                     CHANNEL_OK);
    expect(finding_bit(FINDING_PDF_SCRIPT), "300 MB");
}

static void inspect_role_looks_at_encrypted_pdf(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "");
    struct bytes plain = pdf_finish(&maker);
    qpdf_data pdf = qpdf_init();
    qpdf_read_memory(pdf, "t", (const char *)plain.at, plain.size, NULL);
    qpdf_init_write_memory(pdf);
    qpdf_set_r6_encryption_parameters2(pdf, "secret", "owner", 1, 1, 1, 1, 1, 1,
                                       qpdf_r3p_full, 1);
    assert_int_equal(qpdf_write(pdf), 0);
    struct bytes secret = {qpdf_get_buffer(pdf), qpdf_get_buffer_length(pdf)};
    ask("laredo", "a.pdf", secret);
    expect(finding_bit(FINDING_PDF_PASSWORD), "a password, tried inside the sandbox");
    qpdf_cleanup(&pdf);
    buf_done(&maker.buf);
}

static void inspect_role_serves_many_at_once(void **state)
{
    (void)state;
    enum { FILES = 60 };
    static const char *const accounts[] = {"laredo", "manzanillo", "veracruz"};
    struct pdf_maker maker;
    pdf_start_page(&maker, "");
    struct bytes pdf = pdf_finish(&maker);
    for (unsigned at = 0; at < FILES; at++) {
        ask(accounts[at % ARRAY_SIZE(accounts)], "a.pdf", pdf);
    }
    uint64_t first = role.last_id - FILES;
    bool seen[FILES] = {false};
    for (unsigned at = 0; at < FILES; at++) {
        const struct inspect_answer *got = answer();
        uint64_t place = got->id - first - 1;
        assert_true(place < FILES && !seen[place]);
        assert_true(got->hashed && got->findings.size == 0);
        seen[place] = true;
    }
    buf_done(&maker.buf);
}

static void inspect_role_takes_a_new_policy_and_a_new_registry(void **state)
{
    (void)state;
    look_at_pdf("", 0);
    AUTO_CLOSE int policy = make_policy(1);
    struct role_policy message = {.version = 2};
    say(&role_policy_schema, &message, &policy);
    look_at_pdf("", 0);
    close(role.registry);
    connect_registry();
    look_at_pdf("", 0);
}

/* Nested dictionaries by the hundred thousand: whatever libqpdf does, the role answers. */
static void inspect_role_outlives_a_pdf_that_is_made_to_hurt(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/X 4 0 R");
    pdf_begin_object(&maker, 4, 0);
    for (int depth = 0; depth < 200000; depth++) {
        buf_printf(&maker.buf, "<</A");
    }
    buf_printf(&maker.buf, "\nendobj\n");
    ask("laredo", "a.pdf", pdf_finish(&maker));
    const struct inspect_answer *got = answer();
    assert_true(got->hashed);
    assert_true(got->findings.size > 0);
    buf_done(&maker.buf);
    look_at_pdf("", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(inspect_role_looks_at_files_in_its_sandbox),
        TEST(inspect_role_looks_through_a_pdf_larger_than_its_memory),
        TEST(inspect_role_looks_at_encrypted_pdf),
        TEST(inspect_role_serves_many_at_once),
        TEST(inspect_role_takes_a_new_policy_and_a_new_registry),
        TEST(inspect_role_outlives_a_pdf_that_is_made_to_hurt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
