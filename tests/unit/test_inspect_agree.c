/*
 * Name and content: which contents an extension takes.
 */
#include "support/inspect_files.h"

#include "hooks/inspect/inspect.h"

struct agree_row {
    const char *extension;
    const char *media_type;
    const char *content;
    bool agrees;
    const char *why;
};

static const struct agree_row rows[] = {
    {"pdf", "application/pdf", "%PDF", true, "as named"},
    {"pdf", "text/plain", "hello", false, "a text"},
    {"pdf", "application/octet-stream", "\1\2", false, "nothing known"},
    {"xml", "text/xml", "<?xml version='1.0'?>", true, "as named"},
    {"xml", "text/plain", "<cfdi:Comprobante/>", true, "a CFDI without its first line"},
    {"xml", "text/plain", "\xef\xbb\xbf \r\n<a/>", true, "behind a mark and blanks"},
    {"xml", "text/plain", "a < b", false, "a text with a sign"},
    {"xml", "text/plain", "", false, "nothing"},
    {"xml", "text/plain", "<", false, "a lonely sign"},
    {"xml", "text/plain", "<?php system(1)", false, "a script"},
    {"xml", "text/x-asp", "<% x %>", false, "a script"},
    {"xml", "text/html", "<html></html>", false, "a page"},
    {"xml", "text/html", "<?xml version='1.0'?><TEI/>", true,
     "XML that looks like a page"},
    {"xml", "application/json", "{}", false, "another format"},
    {"txt", "text/plain", "a", true, "as named"},
    {"txt", "application/zip", "PK", false, "an archive"},
    {"326", "text/plain", "500|1", true, "a validator's file: the day of the year"},
    {"326", "application/pdf", "%PDF", false, "a validator's file is text"},
    {"32", "application/pdf", "%PDF", true, "two digits: not known"},
    {"jpg", "image/jpeg", "", true, "as named"},
    {"jpeg", "image/png", "", false, "another picture"},
    {"tif", "image/tiff", "", true, "as named"},
    {"bmp", "image/x-ms-bmp", "", true, "older name of the type"},
    {"zip", "application/zip", "PK", true, "as named"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK",
     true, "as named"},
    {"docx", "application/zip", "PK", true, "its first member is another"},
    {"docx", "application/x-ole-storage", "", false, "encrypted or old Office"},
    {"xls", "application/vnd.ms-excel", "", true, "as named"},
    {"msg", "application/CDFV2", "", true, "OLE2 without detail"},
    {"xls", "application/zip", "PK", false, "a new sheet with an old name"},
    {"bak", "application/pdf", "%PDF", true, "an extension that is not known"},
    {"", "application/zip", "PK", true, "none"},
};

static void inspect_agree_follows_the_table(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(rows); at++) {
        struct inspect_content content = {.bytes = bytes_of_text(rows[at].content)};
        content.size = content.bytes.size;
        strcpy(content.extension, rows[at].extension);
        if (inspect_agree(&content, rows[at].media_type) != rows[at].agrees) {
            fail_msg(".%s of %s: %s", rows[at].extension, rows[at].media_type,
                     rows[at].why);
        }
    }
}

static void inspect_agree_knows_its_extensions(void **state)
{
    (void)state;
    assert_true(inspect_agree_knows("pdf"));
    assert_true(inspect_agree_knows("001"));
    assert_false(inspect_agree_knows("pd"));
    assert_false(inspect_agree_knows("pdfx"));
    assert_false(inspect_agree_knows("0011"));
    assert_false(inspect_agree_knows(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspect_agree_follows_the_table),
        cmocka_unit_test(inspect_agree_knows_its_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
