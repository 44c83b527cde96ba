/*
 * The database of credentials, on a real file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/credentials.h"

struct place {
    char directory[64];
    struct credentials *credentials;
};

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/garita-auth-XXXXXX");
    if (!mkdtemp(place->directory)) {
        return -1;
    }
    place->credentials = credentials_open(place->directory, NULL);
    *state = place;
    return place->credentials ? 0 : -1;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {"auth.db", "auth.db-wal", "auth.db-journal"};
    credentials_close(place->credentials);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", place->directory, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(place->directory), 0);
    free(place);
    return 0;
}

static struct key_line line_of(uint8_t byte)
{
    struct key_line line = {.blob_size = 51};
    memset(line.blob, byte, line.blob_size);
    snprintf(line.comment, sizeof line.comment, "key %u", byte);
    return line;
}

static struct bytes blob_of(const struct key_line *line)
{
    return (struct bytes){line->blob, line->blob_size};
}

static void credentials_of_nobody_are_none(void **state)
{
    struct place *place = *state;
    char phc[PASSWORD_PHC_SIZE];
    struct key_line line = line_of(1);
    struct credential_summary summary = credentials_summary(place->credentials, "x");
    assert_false(summary.disabled || summary.has_password || summary.keys > 0);
    assert_false(credentials_password(place->credentials, "x", phc));
    assert_false(credentials_has_key(place->credentials, "x", blob_of(&line)));
    assert_false(credentials_has_key(place->credentials, "x", (struct bytes){NULL, 0}));
}

static void credentials_are_there_when_opened_again(void **state)
{
    struct place *place = *state;
    char phc[PASSWORD_PHC_SIZE];
    struct key_line line = line_of(1);
    assert_true(credentials_set_password(place->credentials, "a", "first", NULL));
    assert_true(credentials_set_password(place->credentials, "a", "second", NULL));
    assert_true(credentials_add_key(place->credentials, "a", &line, NULL));
    assert_true(credentials_set_disabled(place->credentials, "a", true, NULL));
    credentials_close(place->credentials);
    place->credentials = credentials_open(place->directory, NULL);
    assert_non_null(place->credentials);
    assert_true(credentials_password(place->credentials, "a", phc));
    assert_string_equal(phc, "second");
    assert_true(credentials_has_key(place->credentials, "a", blob_of(&line)));
    assert_false(credentials_has_key(place->credentials, "A", blob_of(&line)));
    assert_true(credentials_disabled(place->credentials, "a"));
    assert_true(credentials_set_disabled(place->credentials, "a", false, NULL));
    assert_false(credentials_disabled(place->credentials, "a"));
}

static void credentials_keys_are_of_one_account_and_once(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct key_line line = line_of(2);
    char fingerprint[KEY_FINGERPRINT_SIZE];
    key_fingerprint(blob_of(&line), fingerprint);
    assert_true(credentials_add_key(place->credentials, "a", &line, NULL));
    assert_false(credentials_add_key(place->credentials, "a", &line, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(credentials_add_key(place->credentials, "b", &line, NULL));
    assert_true(credentials_remove_key(place->credentials, "a", fingerprint, NULL));
    assert_false(credentials_has_key(place->credentials, "a", blob_of(&line)));
    assert_true(credentials_has_key(place->credentials, "b", blob_of(&line)));
    assert_false(credentials_remove_key(place->credentials, "a", fingerprint, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void credentials_keys_have_a_ceiling(void **state)
{
    struct place *place = *state;
    struct credential_key keys[CREDENTIALS_KEYS_MAX];
    for (uint8_t i = 0; i < CREDENTIALS_KEYS_MAX; i++) {
        struct key_line line = line_of(i);
        assert_true(credentials_add_key(place->credentials, "a", &line, NULL));
    }
    struct key_line line = line_of(200);
    assert_false(credentials_add_key(place->credentials, "a", &line, NULL));
    assert_int_equal(credentials_keys(place->credentials, "a", keys),
                     CREDENTIALS_KEYS_MAX);
    assert_string_equal(keys[0].comment, "key 0");
}

static void credentials_that_are_damaged_are_not_opened(void **state)
{
    struct place *place = *state;
    char path[128];
    struct err err = {0};
    credentials_close(place->credentials);
    snprintf(path, sizeof path, "%s/auth.db", place->directory);
    int fd = open(path, O_WRONLY);
    assert_true(pwrite(fd, "garbage, all of it", 18, 0) == 18);
    close(fd);
    place->credentials = credentials_open(place->directory, &err);
    assert_null(place->credentials);
    assert_int_not_equal(err.code, ERR_NONE);
}

static void credentials_are_held_by_one_process(void **state)
{
    struct place *place = *state;
    assert_true(credentials_set_password(place->credentials, "a", "x", NULL));
    assert_null(credentials_open(place->directory, NULL));
}

int main(void)
{
    if (!credentials_init(NULL)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(credentials_of_nobody_are_none, open_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(credentials_are_there_when_opened_again,
                                        open_place, remove_place),
        cmocka_unit_test_setup_teardown(credentials_keys_are_of_one_account_and_once,
                                        open_place, remove_place),
        cmocka_unit_test_setup_teardown(credentials_keys_have_a_ceiling, open_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(credentials_that_are_damaged_are_not_opened,
                                        open_place, remove_place),
        cmocka_unit_test_setup_teardown(credentials_are_held_by_one_process, open_place,
                                        remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
