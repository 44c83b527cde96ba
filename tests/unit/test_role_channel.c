/*
 * A conversation with a peer: handlers, its end, and owners that free themselves
 * anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "role/role.h"
#include "wire/tree.h"

enum { TIME_LIMIT_MS = 20000 };

static struct loop *loop;
static struct role_channel *channel;
static int peer;
static uint32_t heard[64];
static size_t heard_count;
static size_t closed_count;
static enum err_code closed_code;

static void on_closed(void *context, const struct err *why)
{
    (void)context;
    closed_count++;
    closed_code = why->code;
    channel = NULL;
    loop_stop(loop);
}

static void on_close(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)in;
    heard[heard_count++] = ((const struct tree_close *)message)->id;
}

static void on_stat(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)message;
    (void)in;
    role_channel_close(channel);
    channel = NULL;
    loop_stop(loop);
}

static void on_remove(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)message;
    (void)in;
    role_channel_state(channel, 2);
}

static void on_folder(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)message;
    (void)in;
    role_channel_drain(channel);
    heard[heard_count++] = 1000;
    loop_stop(loop);
}

static const struct wire_permit permits[] = {
    {&tree_close_schema, WIRE_STATE_ANY, on_close},
    {&tree_stat_schema, WIRE_STATE_ANY, on_stat},
    {&tree_remove_schema, 1, on_remove},
    {&tree_open_folder_schema, WIRE_STATE_ANY, on_folder},
};

static void too_late(void *context)
{
    (void)context;
    fail_msg("nothing happened in time");
}

static int set_up(void **state)
{
    (void)state;
    int ends[2];
    heard_count = 0;
    closed_count = 0;
    loop = loop_new(NULL);
    if (!loop || !channel_pair(ends, NULL)) {
        return -1;
    }
    loop_after(loop, TIME_LIMIT_MS, too_late, NULL);
    peer = ends[1];
    const struct role_channel_options options = {
        .permits = permits,
        .permit_count = ARRAY_SIZE(permits),
        .closed = on_closed,
    };
    channel = role_channel_open(loop, ends[0], &options, NULL);
    return channel ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    role_channel_close(channel);
    if (peer >= 0) {
        close(peer);
    }
    loop_free(loop);
    return 0;
}

static void say_close(uint32_t id)
{
    const struct tree_close message = {.id = id};
    assert_int_equal(wire_send(peer, &tree_close_schema, &message, NULL, NULL),
                     CHANNEL_OK);
}

static void say_path(const struct wire_schema *schema)
{
    const struct tree_stat message = {.id = 1}; /* all of them: id and path */
    assert_int_equal(wire_send(peer, schema, &message, NULL, NULL), CHANNEL_OK);
}

static void role_channel_hears_in_order_then_is_told_of_the_end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 40; i++) {
        say_close(i);
    }
    close(peer);
    peer = -1;
    assert_true(loop_run(loop, NULL));
    assert_int_equal(heard_count, 40);
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(heard[i], i);
    }
    assert_int_equal(closed_count, 1);
    assert_int_equal(closed_code, ERR_CLOSED);
}

static void role_channel_ends_at_first_bad_message(void **state)
{
    (void)state;
    say_close(1);
    say_path(&tree_make_folder_schema); /* not in the table */
    say_close(2);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(heard_count, 1);
    assert_int_equal(closed_count, 1);
    assert_int_equal(closed_code, ERR_INPUT);
    struct channel_message in;
    assert_int_equal(channel_receive(peer, &in, NULL), CHANNEL_CLOSED);
}

static void role_channel_state_limits_what_is_heard(void **state)
{
    (void)state;
    say_path(&tree_remove_schema); /* goes to state 2, in which it is not permitted */
    say_close(1);
    say_path(&tree_remove_schema);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(heard_count, 1);
    assert_int_equal(closed_code, ERR_INPUT);
}

static void role_channel_close_inside_handler_is_silent(void **state)
{
    (void)state;
    say_path(&tree_stat_schema);
    say_close(1);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(heard_count, 0);
    assert_int_equal(closed_count, 0);
    struct channel_message in;
    assert_int_equal(channel_receive(peer, &in, NULL), CHANNEL_CLOSED);
}

static void role_channel_send_reaches_the_peer(void **state)
{
    (void)state;
    const struct tree_path answer = {.id = 3, .path = "/entrada"};
    assert_true(role_channel_send(channel, &tree_path_schema, &answer, NULL));
    struct channel_message in;
    assert_int_equal(channel_receive(peer, &in, NULL), CHANNEL_OK);
    struct tree_path got;
    assert_true(wire_get(&in, &tree_path_schema, &got, NULL));
    assert_string_equal(got.path, "/entrada");
    channel_message_done(&in);
}

static void role_channel_full_is_closed_from_the_loop(void **state)
{
    (void)state;
    static uint8_t large[30000];
    const struct tree_entries entries = {.entries = {large, sizeof large}};
    size_t sent = 0;
    while (role_channel_send(channel, &tree_entries_schema, &entries, NULL)) {
        assert_true(++sent < 10000);
    }
    assert_int_equal(closed_count, 0); /* not from inside the send */
    assert_false(role_channel_send(channel, &tree_entries_schema, &entries, NULL));
    assert_true(loop_run(loop, NULL));
    assert_int_equal(closed_count, 1);
    assert_int_equal(closed_code, ERR_LIMIT);
}

static void role_channel_close_after_break_is_silent(void **state)
{
    (void)state;
    close(peer);
    peer = -1;
    const struct tree_path answer = {.path = ""};
    assert_false(role_channel_send(channel, &tree_path_schema, &answer, NULL));
    role_channel_close(channel);
    channel = NULL;
    loop_stop(loop);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(closed_count, 0);
}

static void role_channel_drain_handles_what_has_arrived(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 30; i++) {
        say_close(i);
    }
    role_channel_drain(channel);
    assert_int_equal(heard_count, 30);
    close(peer);
    peer = -1;
    role_channel_drain(channel);
    assert_int_equal(closed_count, 0); /* that comes from the loop */
    assert_true(loop_run(loop, NULL));
    assert_int_equal(closed_count, 1);
}

static void role_channel_drain_inside_handler_keeps_order(void **state)
{
    (void)state;
    say_path(&tree_open_folder_schema);
    say_close(5);
    say_close(6);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(heard_count, 3);
    assert_int_equal(heard[0], 5);
    assert_int_equal(heard[1], 6);
    assert_int_equal(heard[2], 1000);
}

static void role_channel_open_consumes_on_failure(void **state)
{
    (void)state;
    const struct role_channel_options options = {.permits = permits};
    int null = open("/dev/null", O_RDWR); /* epoll takes no such files */
    assert_null(role_channel_open(loop, null, &options, NULL));
    assert_int_equal(fcntl(null, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            role_channel_hears_in_order_then_is_told_of_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(role_channel_ends_at_first_bad_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(role_channel_state_limits_what_is_heard, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(role_channel_close_inside_handler_is_silent,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(role_channel_send_reaches_the_peer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(role_channel_full_is_closed_from_the_loop, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(role_channel_close_after_break_is_silent, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(role_channel_drain_handles_what_has_arrived,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(role_channel_drain_inside_handler_keeps_order,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(role_channel_open_consumes_on_failure, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
