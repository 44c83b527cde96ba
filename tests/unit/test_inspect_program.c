/*
 * Programs, by what they begin with and by what a double click goes by.
 */
#include "support/inspect_files.h"

#include "hooks/inspect/inspect.h"

struct program_row {
    const char *bytes;
    size_t size;
    const char *extension;
    const char *media_type;
    bool program;
    const char *why;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct program_row rows[] = {
    {BYTES("\x7f"
           "ELF\2\1\1"),
     "", "", true, "ELF"},
    {BYTES("MZ\x90\0\3\0\0\0"), "pdf", "", true, "Windows, whatever its name"},
    {BYTES("MZ, a letter to the customs office, with no zero byte at all in its head"),
     "txt", "text/plain", false, "a text that begins so"},
    {BYTES("MZ"), "txt", "", false, "two letters"},
    {BYTES("#!/bin/sh\n"), "txt", "", true, "a script"},
    {BYTES("\xef\xbb\xbf#!/bin/sh\n"), "txt", "", true, "a script behind a mark"},
    {BYTES("# title"), "md", "text/plain", false, "a heading"},
    {BYTES("\xca\xfe\xba\xbe\0\0\0\x34"), "", "", true, "Java"},
    {BYTES("\xcf\xfa\xed\xfe"), "", "", true, "macOS"},
    {BYTES("L\0\0\0\x01\x14\x02\0\0\0"), "pdf", "", true, "a Windows shortcut"},
    {BYTES("WScript.Echo 1"), "vbs", "text/plain", true, "a script by its name"},
    {BYTES("<html>"), "hta", "text/html", true, "a page that runs as a program"},
    {BYTES("anything"), "bin", "application/x-dosexec", true, "by libmagic's word"},
    {BYTES("%PDF-1.4"), "pdf", "application/pdf", false, "a PDF"},
    {BYTES(""), "", "", false, "nothing"},
};

static void inspect_program_is_known_by_bytes_name_or_type(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(rows); at++) {
        struct inspect_content content = {
            .bytes = {(const uint8_t *)rows[at].bytes, rows[at].size},
            .size = rows[at].size};
        strcpy(content.extension, rows[at].extension);
        if (inspect_program(&content, rows[at].media_type) != rows[at].program) {
            fail_msg("%s", rows[at].why);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inspect_program_is_known_by_bytes_name_or_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
