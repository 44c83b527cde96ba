/*
 * The sentences in both languages, from the catalogue that the build made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/text.h"

static const char directory[] = BINARY_DIRECTORY "/share/locale";

/* Runs before any catalogue is loaded: glibc keeps what it has found. */
static void text_without_catalogue_fails_and_names_the_sentence(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(text_init("/nonexistent", &err));
    assert_non_null(strstr(err.text, "NAME_NOT_UTF8"));
    assert_non_null(strstr(err.text, "/nonexistent"));
    assert_string_equal(text_get(LANGUAGE_SPANISH, TEXT_IS_FOLDER), "This is a folder.");
}

static void text_every_sentence_is_there_in_both_languages(void **state)
{
    (void)state;
    struct err err = {0};
    if (!text_init(directory, &err)) {
        fail_msg("%s", err.text);
    }
    for (unsigned at = 0; at < TEXT_COUNT; at++) {
        assert_true(strlen(text_get(LANGUAGE_SPANISH, (enum text)at)) > 0);
        assert_true(strlen(text_get(LANGUAGE_ENGLISH, (enum text)at)) > 0);
    }
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        const char *spanish = text_finding(LANGUAGE_SPANISH, (enum finding)at);
        assert_string_not_equal(spanish,
                                text_finding(LANGUAGE_ENGLISH, (enum finding)at));
    }
}

static void text_spanish_is_utf8(void **state)
{
    (void)state;
    assert_string_equal(text_get(LANGUAGE_SPANISH, TEXT_EXISTS),
                        "Ya existe un archivo o carpeta con este nombre.");
    assert_string_equal(text_finding(LANGUAGE_SPANISH, FINDING_EMPTY),
                        "El archivo est\u00e1 vac\u00edo.");
    assert_string_equal(text_get(LANGUAGE_ENGLISH, TEXT_EXISTS),
                        "A file or folder of this name exists already.");
}

static void text_works_with_the_catalogue_out_of_reach(void **state)
{
    (void)state;
    /* What a relative look-up would find is gone, and so is every open descriptor. */
    assert_int_equal(chdir("/"), 0);
    for (int fd = 3; fd < 64; fd++) {
        close(fd);
    }
    setenv("LANGUAGE", "en", 1);
    assert_string_equal(text_get(LANGUAGE_SPANISH, TEXT_IS_FOLDER),
                        "Esto es una carpeta.");
}

static void text_code_is_the_identifier(void **state)
{
    (void)state;
    assert_string_equal(text_code(TEXT_NAME_CONTROL), "NAME_CONTROL");
    assert_string_equal(text_code(TEXT_BANNER), "BANNER");
}

static void text_format_fills_in_order(void **state)
{
    (void)state;
    char out[128];
    text_format(out, sizeof out, LANGUAGE_ENGLISH, TEXT_RECEIVED_HELD, "Why.", "A-7");
    assert_string_equal(out, "Held: Why. Receipt A-7.");
    text_format(out, sizeof out, LANGUAGE_SPANISH, TEXT_RECEIVED_HELD, "Por algo.",
                "A-7");
    assert_string_equal(out, "Retenido: Por algo. Acuse A-7.");
    text_format(out, sizeof out, LANGUAGE_ENGLISH, TEXT_IS_FOLDER);
    assert_string_equal(out, "This is a folder.");
}

static void text_format_takes_arguments_as_they_are(void **state)
{
    (void)state;
    char out[128];
    text_format(out, sizeof out, LANGUAGE_ENGLISH, TEXT_RECEIVED_HELD, "%s%n%d", "%s");
    assert_string_equal(out, "Held: %s%n%d Receipt %s.");
}

static void text_format_cuts_to_size(void **state)
{
    (void)state;
    char out[16];
    memset(out, 'x', sizeof out);
    text_format(out, 12, LANGUAGE_ENGLISH, TEXT_RECEIVED_FILED, "1");
    assert_string_equal(out, "Received an");
    assert_int_equal(out[12], 'x');
    /* The second byte of the letter does not fit: the letter goes, and so does the rest. */
    text_format(out, sizeof "Held: a\xc3", LANGUAGE_ENGLISH, TEXT_RECEIVED_HELD,
                "a\u00f1", "");
    assert_string_equal(out, "Held: a");
    out[0] = 'x';
    text_format(out, 0, LANGUAGE_ENGLISH, TEXT_RECEIVED_FILED, "1");
    assert_int_equal(out[0], 'x');
    text_format(out, 1, LANGUAGE_ENGLISH, TEXT_RECEIVED_FILED, "1");
    assert_string_equal(out, "");
}

static void text_fill_takes_form_and_value_as_they_are(void **state)
{
    (void)state;
    char out[32];
    text_fill(out, sizeof out, "%s.txt", "%s%n");
    assert_string_equal(out, "%s%n.txt");
    text_fill(out, sizeof out, "no hole %d", "value");
    assert_string_equal(out, "no hole %d");
    text_fill(out, 8, "motivo %s", "value");
    assert_string_equal(out, "motivo ");
    text_fill(out, 1, "%s", "value");
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_without_catalogue_fails_and_names_the_sentence),
        cmocka_unit_test(text_every_sentence_is_there_in_both_languages),
        cmocka_unit_test(text_spanish_is_utf8),
        cmocka_unit_test(text_works_with_the_catalogue_out_of_reach),
        cmocka_unit_test(text_code_is_the_identifier),
        cmocka_unit_test(text_format_fills_in_order),
        cmocka_unit_test(text_format_takes_arguments_as_they_are),
        cmocka_unit_test(text_format_cuts_to_size),
        cmocka_unit_test(text_fill_takes_form_and_value_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
