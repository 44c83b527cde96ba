/*
 * The body of a role, in a child process, with this test as its supervisor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "role/role.h"

enum { WAIT_MS = 20000, TEST_UID = 61235 };

struct diary {
    int fd; /* a pipe to the test */
};

static void note(void *context, char letter)
{
    const struct diary *diary = context;
    if (write(diary->fd, &letter, 1) != 1) {
        _exit(70);
    }
}

static bool do_prepare(void *context, const struct role_setup *setup,
                       struct sandbox *sandbox, struct err *err)
{
    (void)err;
    (void)sandbox;
    note(context, strcmp(setup->agency, "/agency") == 0 ? 'p' : '?');
    return true;
}

static bool do_policy(void *context, int take_fd, struct err *err)
{
    AUTO_CLOSE int fd = take_fd;
    size_t size;
    AUTO_FREE char *text = fd_read_all(fd, 100, &size, err);
    if (!text || strcmp(text, "bad") == 0) {
        return err_set(err, ERR_INPUT, "bad policy");
    }
    note(context, text[0]);
    return true;
}

static bool do_start(void *context, struct loop *loop, struct err *err)
{
    (void)loop;
    (void)err;
    note(context, 's');
    return true;
}

static bool do_start_badly(void *context, struct loop *loop, struct err *err)
{
    (void)context;
    (void)loop;
    return err_set(err, ERR_CORRUPT, "on purpose");
}

/* Proves that the channel works: the connection's number goes back on it. */
static void do_peer(void *context, const struct role_peer *peer, int take_channel)
{
    AUTO_CLOSE int channel = take_channel;
    note(context, peer->role == ROLE_SSH ? 'c' : '?');
    const struct role_policy answer = {.version = peer->connection};
    int fd = STDERR_FILENO;
    wire_send(channel, &role_policy_schema, &answer, &fd, NULL);
}

static void do_stop(void *context, uint32_t grace_ms)
{
    note(context, grace_ms == 5 ? 'x' : '?');
    role_leave();
}

static void do_serve(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct connection_serve *serve = message;
    note(context, serve->connection == 9 ? 'v' : '?');
    role_tell(&connection_started_schema,
              &(struct connection_started){.connection = serve->connection, .pid = 1});
}

static const struct wire_permit own_permits[] = {
    {&connection_serve_schema, WIRE_STATE_ANY, do_serve},
};

static const struct role_body full_body = {
    .name = "test",
    .sandbox = {.descriptors = 64,
                .processes = UINT32_MAX,
                .file_size = SIZE_MAX,
                .sets = SANDBOX_LOOP},
    .prepare = do_prepare,
    .start = do_start,
    .policy = do_policy,
    .peer = do_peer,
    .stop = do_stop,
    .permits = own_permits,
    .permit_count = ARRAY_SIZE(own_permits),
};

struct play {
    int control;
    int diary; /* reading end */
    pid_t child;
};

static struct play begin(const struct role_body *body)
{
    int ends[2];
    int diary[2];
    assert_true(channel_pair(ends, NULL));
    assert_int_equal(pipe(diary), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct diary book = {.fd = fcntl(diary[1], F_DUPFD, 20)};
        dup2(ends[1], 21);
        dup2(21, SPAWN_CONTROL_FD);
        close_range(SPAWN_CONTROL_FD + 1, 19, 0);
        close_range(21, ~0U, 0);
        _exit(role_run(body, &book));
    }
    close(ends[1]);
    close(diary[1]);
    return (struct play){.control = ends[0], .diary = diary[0], .child = child};
}

static void tell(const struct play *play, const struct wire_schema *schema,
                 const void *message, const int *fds)
{
    assert_int_equal(wire_send(play->control, schema, message, fds, NULL), CHANNEL_OK);
}

static void set_up_role(const struct play *play, const char *policy)
{
    AUTO_CLOSE int fd = fd_sealed("policy", bytes_of_text(policy), NULL);
    const struct role_setup setup = {.agency = "/agency",
                                     .uid = geteuid() == 0 ? TEST_UID : 0};
    tell(play, &role_setup_schema, &setup, &fd);
}

static void change_policy(const struct play *play, const char *policy)
{
    AUTO_CLOSE int fd = fd_sealed("policy", bytes_of_text(policy), NULL);
    tell(play, &role_policy_schema, &(struct role_policy){.version = 2}, &fd);
}

static void stop_role(const struct play *play)
{
    tell(play, &role_stop_schema, &(struct role_stop){.grace_ms = 5}, NULL);
}

static void expect(int channel, uint16_t type)
{
    struct channel_message in;
    assert_int_equal(channel_wait(channel, clock_monotonic_ms() + WAIT_MS, NULL),
                     CHANNEL_OK);
    assert_int_equal(channel_receive(channel, &in, NULL), CHANNEL_OK);
    assert_int_equal(wire_type(&in), type);
    channel_message_done(&in);
}

/* Waits for the end; the exit code, and all that was noted. */
static int finish(struct play *play, char *notes, size_t size)
{
    size_t used = 0;
    ssize_t got;
    while ((got = read(play->diary, notes + used, size - 1 - used)) > 0) {
        used += (size_t)got;
    }
    notes[used] = '\0';
    int status;
    assert_int_equal(waitpid(play->child, &status, 0), play->child);
    close(play->diary);
    if (play->control >= 0) {
        close(play->control);
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void role_is_ready_after_policy_and_start(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    expect(play.control, role_ready_schema.type);
    stop_role(&play);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 0);
    assert_string_equal(notes, "p1sx");
}

static void role_keeps_order_of_early_messages(void **state)
{
    (void)state;
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    change_policy(&play, "2");
    const struct role_peer peer = {.role = ROLE_SSH, .connection = 77, .address = ""};
    tell(&play, &role_peer_schema, &peer, &ends[1]);
    change_policy(&play, "3");
    stop_role(&play);
    expect(play.control, role_ready_schema.type);
    expect(ends[0], role_policy_schema.type);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 0);
    assert_string_equal(notes, "p1s2c3x");
    close(ends[0]);
    close(ends[1]);
}

static void role_bad_policy_leaves_the_old_one(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    change_policy(&play, "bad");
    change_policy(&play, "4");
    stop_role(&play);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 0);
    assert_string_equal(notes, "p1s4x");
}

static void role_bad_first_policy_fails_the_start(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "bad");
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "p");
}

static void role_hears_its_own_permits(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    expect(play.control, role_ready_schema.type);
    const struct connection_serve serve = {.connection = 9, .address = "192.0.2.1"};
    static const int fds[] = {2, 2, 2, 2};
    tell(&play, &connection_serve_schema, &serve, fds);
    expect(play.control, connection_started_schema.type);
    stop_role(&play);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 0);
    assert_string_equal(notes, "p1svx");
}

static void role_without_stop_leaves_at_once(void **state)
{
    (void)state;
    struct role_body body = full_body;
    body.stop = NULL;
    body.policy = NULL;
    struct play play = begin(&body);
    set_up_role(&play, "1");
    change_policy(&play, "2");
    stop_role(&play);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 0);
    assert_string_equal(notes, "ps");
}

static void role_ends_when_the_supervisor_does(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    expect(play.control, role_ready_schema.type);
    close(TAKE_FD(play.control));
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "p1s");
}

static void role_ends_at_a_message_not_permitted(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    set_up_role(&play, "1");
    tell(&play, &role_ready_schema, &(struct role_ready){.pid = 1}, NULL);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "p1s");
}

static void role_setup_must_come_first(void **state)
{
    (void)state;
    struct play play = begin(&full_body);
    stop_role(&play);
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "");
}

static void role_failing_start_fails(void **state)
{
    (void)state;
    struct role_body body = full_body;
    body.start = do_start_badly;
    struct play play = begin(&body);
    set_up_role(&play, "1");
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "p1");
}

static void role_missing_directory_fails(void **state)
{
    (void)state;
    struct role_body body = full_body;
    body.directory = "nonexistent";
    body.sandbox.files = SANDBOX_FILES_WRITE;
    struct play play = begin(&body);
    set_up_role(&play, "1");
    char notes[64];
    assert_int_equal(finish(&play, notes, sizeof notes), 1);
    assert_string_equal(notes, "p");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_is_ready_after_policy_and_start),
        cmocka_unit_test(role_keeps_order_of_early_messages),
        cmocka_unit_test(role_bad_policy_leaves_the_old_one),
        cmocka_unit_test(role_bad_first_policy_fails_the_start),
        cmocka_unit_test(role_hears_its_own_permits),
        cmocka_unit_test(role_without_stop_leaves_at_once),
        cmocka_unit_test(role_ends_when_the_supervisor_does),
        cmocka_unit_test(role_ends_at_a_message_not_permitted),
        cmocka_unit_test(role_setup_must_come_first),
        cmocka_unit_test(role_failing_start_fails),
        cmocka_unit_test(role_missing_directory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
