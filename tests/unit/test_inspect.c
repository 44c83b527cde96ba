/*
 * The whole look at a file: digest, type, findings.
 */
#include "support/inspect_files.h"

#include <fcntl.h>
#include <unistd.h>

#include "hooks/inspect/inspect.h"

enum { MOST = 64 << 20 };

static struct inspect_tools *tools;

static int load(void **state)
{
    (void)state;
    struct err err = {0};
    tools = inspect_tools_load(&err);
    if (!tools) {
        print_error("%s\n", err.text);
    }
    return tools ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    inspect_tools_free(tools);
    return 0;
}

static struct inspection look(const char *name, struct bytes bytes, size_t most)
{
    AUTO_CLOSE int fd = memory_file(bytes);
    struct inspection inspection;
    inspect_look(tools, fd, name, most, &inspection);
    return inspection;
}

static void inspect_hash_is_sha256_of_the_whole(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = memory_file(bytes_of_text("abc"));
    lseek(fd, 2, SEEK_SET); /* where the descriptor stands does not matter */
    uint8_t sha256[INSPECT_HASH_SIZE];
    uint64_t size = 0;
    assert_true(inspect_hash(tools, fd, sha256, &size, NULL));
    char text[2 * INSPECT_HASH_SIZE + 1];
    hex_encode((struct bytes){sha256, sizeof sha256}, text, sizeof text);
    assert_string_equal(
        text, /* FIPS 180-2, appendix B.1 */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(size, 3);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
}

static void inspect_hash_of_many_blocks(void **state)
{
    (void)state;
    enum { SIZE = 1000000 }; /* FIPS 180-2, appendix B.3: a million times "a" */
    AUTO_FREE uint8_t *bytes = malloc(SIZE);
    memset(bytes, 'a', SIZE);
    AUTO_CLOSE int fd = memory_file((struct bytes){bytes, SIZE});
    uint8_t sha256[INSPECT_HASH_SIZE];
    uint64_t size = 0;
    assert_true(inspect_hash(tools, fd, sha256, &size, NULL));
    char text[2 * INSPECT_HASH_SIZE + 1];
    hex_encode((struct bytes){sha256, sizeof sha256}, text, sizeof text);
    assert_string_equal(
        text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_int_equal(size, SIZE);
}

static void inspect_hash_of_unreadable_file_fails(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    uint8_t sha256[INSPECT_HASH_SIZE];
    uint64_t size = 7;
    struct err err = {0};
    assert_false(inspect_hash(tools, ends[0], sha256, &size, &err));
    assert_int_equal(size, 7);
    close(ends[0]);
    close(ends[1]);
}

static void inspect_extension_is_the_last_in_lower_case(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *extension;
    } rows[] = {{"a.PDF", "pdf"},       {"a.pdf.exe", "exe"}, {"a", ""},
                {".pdf", ""},           {"a.", ""},           {"a.0123456789abcdef", ""},
                {"m3420001.326", "326"}};
    for (size_t at = 0; at < ARRAY_SIZE(rows); at++) {
        char extension[INSPECT_EXTENSION_MAX] = "x";
        inspect_extension(rows[at].name, extension);
        assert_string_equal(extension, rows[at].extension);
    }
}

static const char m3[] =
    "500|1|3420|6001234|240|||\n501|3420|6001234|240|1|A1|\n801|1|2|\n";
static const char cfdi[] =
    "<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/4\" Version=\"4.0\"/>";

struct look_row {
    const char *name;
    const char *content;
    const char *media_type;
    finding_set expected;
    const char *why;
};

#define FOUND(name) ((finding_set)1 << FINDING_##name)

static const struct look_row look_rows[] = {
    {"a.pdf", "", "", FOUND(EMPTY), "empty"},
    {"m3420001.326", m3, "text/plain", 0, "a validator's file"},
    {"a.xml", cfdi, "text/plain", 0, "a CFDI without its first line"},
    {"a.pdf", cfdi, "text/plain", FOUND(TYPE_MISMATCH), "a CFDI as PDF"},
    {"a.xml", "<?xml version=\"1.0\"?><a/>", "text/xml", 0, "XML"},
    {"a.bin", "\x01\x99\x02\xfe\x03\x80", "application/octet-stream",
     FOUND(FORMAT_UNKNOWN), "nothing known"},
    {"a.pdf", "\x01\x99\x02\xfe\x03\x80", "application/octet-stream",
     FOUND(TYPE_MISMATCH), "nothing known, but named"},
    {"a.txt", "#!/bin/sh\necho\n", "text/x-shellscript", FOUND(EXECUTABLE), "a script"},
    {"a.txt", "-----BEGIN RSA PRIVATE KEY-----\nMII\n", "text/plain", FOUND(PRIVATE_KEY),
     "a key"},
    {"a.pdf", "%PDF-1.4\nMZ", "application/pdf", FOUND(PDF_DAMAGED),
     "only its first line"},
    {"a.txt", "%PDF-1.4\nMZ", "application/pdf",
     FOUND(PDF_DAMAGED) | FOUND(TYPE_MISMATCH),
     "another name does not save it from the look"},
};

static void inspect_look_tells_type_and_findings(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(look_rows); at++) {
        const struct look_row *row = &look_rows[at];
        struct inspection seen = look(row->name, bytes_of_text(row->content), MOST);
        if (seen.findings != row->expected ||
            strcmp(seen.media_type, row->media_type) != 0) {
            fail_msg("%s: %s, findings %llx", row->why, seen.media_type,
                     (unsigned long long)seen.findings);
        }
    }
}

static void inspect_look_clean_pdf_has_no_finding(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "");
    struct inspection seen = look("PED_1.pdf", pdf_finish(&maker), MOST);
    assert_string_equal(seen.media_type, "application/pdf");
    assert_true(seen.findings == 0);
    assert_string_equal(seen.detail, "");
    buf_done(&maker.buf);
}

static void inspect_look_junk_before_a_pdf_does_not_hide_it(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "/OpenAction<</S/JavaScript/JS(x)>>");
    struct bytes pdf = pdf_finish(&maker);
    AUTO_FREE uint8_t *junk = malloc(pdf.size + 900);
    memset(junk, ' ', 900);
    memcpy(&junk[900], pdf.at, pdf.size);
    struct inspection seen = look("a.pdf", (struct bytes){junk, pdf.size + 900}, MOST);
    assert_string_equal(seen.media_type, "application/pdf");
    assert_true(seen.findings & finding_bit(FINDING_PDF_SCRIPT));
    buf_done(&maker.buf);
}

static void inspect_look_pdf_too_large_is_not_inspected(void **state)
{
    (void)state;
    struct pdf_maker maker;
    pdf_start_page(&maker, "");
    struct bytes pdf = pdf_finish(&maker);
    struct inspection seen = look("a.pdf", pdf, pdf.size - 1);
    assert_true(seen.findings == finding_bit(FINDING_NOT_INSPECTED));
    assert_true(strlen(seen.detail) > 0);
    buf_done(&maker.buf);
}

static void inspect_look_large_text_is_told_by_its_head(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20 };
    AUTO_FREE uint8_t *text = malloc(SIZE);
    memset(text, 'a', SIZE);
    struct inspection seen = look("a.txt", (struct bytes){text, SIZE}, 4096);
    assert_string_equal(seen.media_type, "text/plain");
    assert_true(seen.findings == 0);
}

static void inspect_look_needs_a_regular_file(void **state)
{
    (void)state;
    AUTO_CLOSE int fd = open("/", O_RDONLY | O_CLOEXEC);
    struct inspection seen;
    inspect_look(tools, fd, "a.pdf", MOST, &seen);
    assert_true(seen.findings == finding_bit(FINDING_NOT_INSPECTED));
}

static void inspect_detail_keeps_the_first_and_prints_plain(void **state)
{
    (void)state;
    struct inspection inspection = {0};
    inspect_detail(&inspection, "%s", "a\x1b[2J\n\xc3\xb1");
    inspect_detail(&inspection, "second");
    assert_string_equal(inspection.detail, "a?[2J???");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspect_hash_is_sha256_of_the_whole),
        cmocka_unit_test(inspect_hash_of_many_blocks),
        cmocka_unit_test(inspect_hash_of_unreadable_file_fails),
        cmocka_unit_test(inspect_extension_is_the_last_in_lower_case),
        cmocka_unit_test(inspect_look_tells_type_and_findings),
        cmocka_unit_test(inspect_look_clean_pdf_has_no_finding),
        cmocka_unit_test(inspect_look_junk_before_a_pdf_does_not_hide_it),
        cmocka_unit_test(inspect_look_pdf_too_large_is_not_inspected),
        cmocka_unit_test(inspect_look_large_text_is_told_by_its_head),
        cmocka_unit_test(inspect_look_needs_a_regular_file),
        cmocka_unit_test(inspect_detail_keeps_the_first_and_prints_plain),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
