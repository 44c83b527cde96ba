/*
 * What a client may call a file, and what it is called then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "registry/vpath.h"
#include "wire/tree.h"

static const struct {
    const char *given, *path, *why;
} good[] = {
    {"", "/", "nothing is where one is"},
    {".", "/", "REALPATH . after INIT"},
    {"/", "/", "the top"},
    {"//a///b/", "/a/b", "empty segments are nothing"},
    {"a/./b", "/a/b", "relative paths start at the top"},
    {"/a/../b", "/b", "dots are resolved by text"},
    {"/../../etc/passwd", "/etc/passwd", "the top has no parent"},
    {"/a/b/../../..", "/", "back to the top"},
    {"/n\xcc\x83.pdf", "/\xc3\xb1.pdf", "NFD becomes NFC"},
    {"/\xc3\xb1.pdf", "/\xc3\xb1.pdf", "NFC stays"},
    {"/H&E951128469", "/H&E951128469", "an ampersand is legal in an RFC"},
    {"/.x.pdf", "/.x.pdf", "a leading dot is a name"},
    {"/-rf", "/-rf", "no shell reads names"},
    {"/a b.pdf", "/a b.pdf", "spaces inside are fine"},
    {"/$(id).pdf", "/$(id).pdf", "no shell reads names"},
    {"/console.pdf", "/console.pdf", "begins like a reserved name and is none"},
};

static const struct {
    const char *given;
    enum text reason;
    const char *why;
} bad[] = {
    {"/a\xff.pdf", TEXT_NAME_NOT_UTF8, "Latin-1 from an old client"},
    {"/\xc0\xaf", TEXT_NAME_NOT_UTF8, "overlong slash"},
    {"/\xed\xa0\x80", TEXT_NAME_NOT_UTF8, "a lone surrogate"},
    {"/a\nb", TEXT_NAME_CONTROL, "would forge a line of the journal"},
    {"/a\x1b[2J", TEXT_NAME_CONTROL, "would speak to a terminal"},
    {"/a\xe2\x80\xae"
     "fdp.exe",
     TEXT_NAME_CONTROL, "right-to-left override"},
    {"/a\xe2\x80\x8b.pdf", TEXT_NAME_CONTROL, "zero-width space"},
    {"/a\xe2\x80\xa8.pdf", TEXT_NAME_CONTROL, "line separator"},
    {"/f.pdf.", TEXT_NAME_EDGE, "Windows drops the dot"},
    {"/f.pdf ", TEXT_NAME_EDGE, "Windows drops the space"},
    {"/ f.pdf", TEXT_NAME_EDGE, "prints like another name"},
    {"/f.pdf\xc2\xa0", TEXT_NAME_EDGE, "a no-break space at the end"},
    {"/...", TEXT_NAME_EDGE, "dots alone"},
    {"/CON", TEXT_NAME_RESERVED, "a device"},
    {"/con.pdf", TEXT_NAME_RESERVED, "a device with an extension"},
    {"/Lpt9.tar.gz", TEXT_NAME_RESERVED, "a device in mixed case"},
    {"/a\\b", TEXT_NAME_RESERVED, "a backslash is no separator and no character"},
    {"/..\\..\\x", TEXT_NAME_RESERVED, "nor does it climb"},
    {"/a:b", TEXT_NAME_RESERVED, "an alternate data stream"},
    {"/a?b", TEXT_NAME_RESERVED, "a wildcard"},
    {"/a<b", TEXT_NAME_RESERVED, "a redirection"},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", TEXT_NAME_TOO_LONG, "too deep"},
};

static void vpath_good_name_is_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct vpath path;
        enum text reason;
        if (!vpath_parse(bytes_of_text(good[i].given), &path, &reason)) {
            fail_msg("%s: %s", good[i].given, good[i].why);
        }
        assert_string_equal(path.text, good[i].path);
    }
}

static void vpath_bad_name_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct vpath path;
        enum text reason;
        if (vpath_parse(bytes_of_text(bad[i].given), &path, &reason)) {
            fail_msg("%s was taken as %s: %s", bad[i].given, path.text, bad[i].why);
        }
        assert_string_equal(text_code(reason), text_code(bad[i].reason));
    }
}

static void vpath_nul_inside_is_refused(void **state)
{
    (void)state;
    struct vpath path;
    enum text reason;
    assert_false(
        vpath_parse((struct bytes){(const uint8_t *)"/a\0b", 4}, &path, &reason));
}

static void vpath_long_names_end_at_the_limit(void **state)
{
    (void)state;
    char text[TREE_PATH_MAX + 2];
    struct vpath path;
    enum text reason;
    memset(text, 'a', sizeof text);
    text[0] = '/';
    assert_true(vpath_parse((struct bytes){(uint8_t *)text, 1 + VPATH_SEGMENT_MAX}, &path,
                            &reason));
    assert_int_equal(strlen(vpath_name(&path)), VPATH_SEGMENT_MAX);
    assert_false(vpath_parse((struct bytes){(uint8_t *)text, 2 + VPATH_SEGMENT_MAX},
                             &path, &reason));
    assert_int_equal(reason, TEXT_NAME_TOO_LONG);
    assert_false(
        vpath_parse((struct bytes){(uint8_t *)text, TREE_PATH_MAX + 1}, &path, &reason));
}

static void vpath_parts_are_those_of_the_text(void **state)
{
    (void)state;
    struct vpath path;
    enum text reason;
    char folder[CATALOGUE_PATH_SIZE];
    assert_true(
        vpath_parse(bytes_of_text("/clientes/x/../ACM010101AB1/2026"), &path, &reason));
    assert_int_equal(path.count, 3);
    assert_string_equal(vpath_segment(&path, 0), "clientes");
    assert_string_equal(vpath_segment(&path, 1), "ACM010101AB1");
    assert_string_equal(vpath_name(&path), "2026");
    vpath_folder(&path, folder);
    assert_string_equal(folder, "/clientes/ACM010101AB1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vpath_good_name_is_canonical),
        cmocka_unit_test(vpath_bad_name_is_refused_with_its_reason),
        cmocka_unit_test(vpath_nul_inside_is_refused),
        cmocka_unit_test(vpath_long_names_end_at_the_limit),
        cmocka_unit_test(vpath_parts_are_those_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
