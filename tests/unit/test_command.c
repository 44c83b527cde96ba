/*
 * The console's command line, and passwords that it makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/auto.h"
#include "console/command.h"
#include "console/secret.h"

enum { ARGUMENTS = 9 };

struct row {
    const char *argv[ARGUMENTS];
    const char *verb; /* NULL: refused */
    size_t count;
    const char *why;
};

static const struct row rows[] = {
    {{"garita", "account", "list"}, "account list", 0, "a verb of two words"},
    {{"garita", "account", "key", "add", "laredo", "-"},
     "account key add",
     2,
     "a verb of three"},
    {{"garita", "--agency", "/x", "status"}, "status", 0, "an option before"},
    {{"garita", "status", "--json", "--agency=/x"}, "status", 0, "options behind"},
    {{"garita", "account", "show", "--", "-x"},
     "account show",
     1,
     "a name like an option"},
    {{"garita", "account", "show"}, NULL, 0, "an argument too few"},
    {{"garita", "account", "show", "a", "b"}, NULL, 0, "an argument too many"},
    {{"garita", "account"}, NULL, 0, "half a verb"},
    {{"garita", "accounts", "list"}, NULL, 0, "nearly a verb"},
    {{"garita", "--nada", "status"}, NULL, 0, "no such option"},
    {{"garita", "--agency"}, NULL, 0, "an option without its value"},
};

static const struct command *parse(const struct row *row, struct command_line *line,
                                   size_t *count)
{
    int argc = 0;
    while (argc < ARGUMENTS && row->argv[argc]) {
        argc++;
    }
    if (!command_line_parse(argc, row->argv, line, NULL)) {
        return NULL;
    }
    return command_find(line, count, NULL);
}

static void command_lines_are_understood_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct command_line line;
        size_t count = 0;
        const struct command *command = parse(&rows[i], &line, &count);
        if ((command != NULL) != (rows[i].verb != NULL)) {
            fail_msg("%s", rows[i].why);
        }
        if (command) {
            assert_string_equal(command->verb, rows[i].verb);
            assert_int_equal(count, rows[i].count);
        }
    }
}

static void command_arguments_are_sent_with_their_ends(void **state)
{
    (void)state;
    struct row row = {{"garita", "account", "key", "remove", "a", "SHA256:x"}, "", 2, ""};
    struct command_line line;
    struct buf out;
    size_t count = 0;
    const struct command *command = parse(&row, &line, &count);
    assert_non_null(command);
    buf_init(&out, 64);
    assert_true(command_fill(command, &line, count, &out, NULL));
    assert_int_equal(buf_size(&out), 11);
    assert_memory_equal(buf_view(&out).at, "a\0SHA256:x", 11);
    buf_done(&out);
    buf_init(&out, 4);
    assert_false(command_fill(command, &line, count, &out, NULL));
    buf_done(&out);
}

static void command_without_passwords_takes_no_generate(void **state)
{
    (void)state;
    struct row row = {{"garita", "status", "--generate"}, "", 0, ""};
    struct command_line line;
    struct buf out;
    size_t count = 0;
    const struct command *command = parse(&row, &line, &count);
    assert_non_null(command);
    buf_init(&out, 64);
    assert_false(command_fill(command, &line, count, &out, NULL));
    buf_done(&out);
}

static void secret_that_is_made_has_four_groups(void **state)
{
    (void)state;
    char first[64], second[64];
    assert_true(secret_generate(first, sizeof first, NULL));
    assert_true(secret_generate(second, sizeof second, NULL));
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), 23);
    assert_int_equal(strspn(first, "abcdefghijkmnpqrstuvwxyz23456789-"), 23);
    assert_true(first[5] == '-' && first[11] == '-' && first[17] == '-');
    assert_false(secret_generate(first, 23, NULL));
}

int main(void)
{
    unsetenv("GARITA_AGENCY");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines_are_understood_or_not),
        cmocka_unit_test(command_arguments_are_sent_with_their_ends),
        cmocka_unit_test(command_without_passwords_takes_no_generate),
        cmocka_unit_test(secret_that_is_made_has_four_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
