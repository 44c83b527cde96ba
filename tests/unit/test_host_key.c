/*
 * The host key's file: made once, read only if it is whole and nobody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/host_key.h"

struct place {
    char directory[64];
    char file[128];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/garita-key-XXXXXX");
    if (!place || !mkdtemp(place->directory)) {
        return -1;
    }
    snprintf(place->file, sizeof place->file, "%s/%s", place->directory, HOST_KEY_FILE);
    *state = place;
    return host_key_create(place->directory, NULL) ? 0 : -1;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    char public[128];
    snprintf(public, sizeof public, "%s/%s", place->directory, HOST_KEY_PUBLIC_FILE);
    unlink(place->file);
    unlink(public);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void spoil(const char *path, long offset)
{
    chmod(path, 0600);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fseek(file, offset, SEEK_SET);
    fputc('!', file);
    fclose(file);
}

static void host_key_that_was_created_signs_alike_each_time(void **state)
{
    struct place *place = *state;
    uint8_t first[HOST_KEY_SIGNATURE_SIZE], second[HOST_KEY_SIGNATURE_SIZE];
    struct bytes message = bytes_of_text("an exchange hash");
    AUTO(host_key) key = host_key_read(place->directory, NULL);
    AUTO(host_key) again = host_key_read(place->directory, NULL);
    assert_non_null(key);
    assert_non_null(again);
    assert_true(bytes_equal(host_key_blob(key), host_key_blob(again)));
    assert_true(host_key_sign(key, message, first, NULL));
    assert_true(host_key_sign(again, message, second, NULL));
    assert_memory_equal(first, second, sizeof first);
}

static void host_key_that_is_there_is_not_overwritten(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    assert_false(host_key_create(place->directory, &err));
    assert_int_equal(err.sys, EEXIST);
}

static void host_key_that_is_missing_tells_how_to_make_it(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(host_key_read("/nonexistent", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "garita-keys create"));
}

static void host_key_with_rights_for_others_is_refused(void **state)
{
    struct place *place = *state;
    static const mode_t modes[] = {0640, 0404, 0700, 04400};
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct err err = {0};
        chmod(place->file, modes[i]);
        assert_null(host_key_read(place->directory, &err));
        assert_non_null(strstr(err.text, "mode"));
    }
}

static void host_key_behind_a_link_is_refused(void **state)
{
    struct place *place = *state;
    char other[160];
    snprintf(other, sizeof other, "%s.moved", place->file);
    assert_int_equal(rename(place->file, other), 0);
    assert_int_equal(symlink(other, place->file), 0);
    assert_null(host_key_read(place->directory, NULL));
    unlink(place->file);
    assert_int_equal(rename(other, place->file), 0);
}

static void host_key_that_is_not_in_its_one_form_is_refused(void **state)
{
    struct place *place = *state;
    /* In the first line, in the head of the DER, in the seed, in the last line. */
    static const long offsets[] = {6, 30, 80, 110};
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        remove_place(state);
        assert_int_equal(make_place(state), 0);
        place = *state;
        spoil(place->file, offsets[i]);
        assert_null(host_key_read(place->directory, NULL));
    }
    chmod(place->file, 0600);
    assert_int_equal(truncate(place->file, 0), 0);
    assert_null(host_key_read(place->directory, NULL));
}

int main(void)
{
    if (!host_key_init(NULL)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(host_key_that_was_created_signs_alike_each_time,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(host_key_that_is_there_is_not_overwritten,
                                        make_place, remove_place),
        cmocka_unit_test(host_key_that_is_missing_tells_how_to_make_it),
        cmocka_unit_test_setup_teardown(host_key_with_rights_for_others_is_refused,
                                        make_place, remove_place),
        cmocka_unit_test_setup_teardown(host_key_behind_a_link_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(host_key_that_is_not_in_its_one_form_is_refused,
                                        make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
