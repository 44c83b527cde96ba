/*
 * The body of every long-lived role: from role_setup to the end of the loop. It trusts
 * the supervisor, whose channel is descriptor 3, and no one else. A role without a
 * supervisor has no reason to live: when that channel closes, the loop ends.
 */
#include "role/role.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/spawn.h"

enum { SETUP_WAIT_MS = 60 * 1000, MESSAGES_A_TURN = 16 };

struct running {
    const struct role_body *body;
    void *context;
    struct loop *loop;
    int control;
    int exit_code;
    struct sandbox sandbox;
    char root[PATH_MAX];
};

/* One process, one role. */
static struct running running = {.control = -1};

static bool fail(const struct err *err, const char *event)
{
    log_text(LOG_ERROR, event, "%s", err->text);
    return false;
}

static void end(int exit_code)
{
    running.exit_code = exit_code;
    loop_stop(running.loop);
}

void role_leave(void)
{
    end(0);
}

void role_tell(const struct wire_schema *schema, const void *message)
{
    struct err err = {0};
    enum channel_result sent = wire_send(running.control, schema, message, NULL, &err);
    if (sent != CHANNEL_OK) {
        log_event(LOG_ERROR, "supervisor_unreachable", "message", schema->name, "error",
                  sent == CHANNEL_FAILED ? err.text : NULL, NULL);
        end(1);
    }
}

static void on_policy(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)message;
    AUTO_CLOSE int fd = channel_message_take_fd(in, 0);
    struct err err = {0};
    if (running.body->policy &&
        !running.body->policy(running.context, TAKE_FD(fd), &err)) {
        fail(&err, "policy_not_taken"); /* the one in force stays in force */
    }
}

static void on_peer(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    AUTO_CLOSE int channel = channel_message_take_fd(in, 0);
    if (running.body->peer) {
        running.body->peer(running.context, message, TAKE_FD(channel));
    }
}

static void on_stop(void *context, const void *message, struct channel_message *in)
{
    (void)context;
    (void)in;
    const struct role_stop *stop = message;
    if (running.body->stop) {
        running.body->stop(running.context, stop->grace_ms);
    } else {
        role_leave();
    }
}

static const struct wire_permit control_permits[] = {
    {&role_policy_schema, WIRE_STATE_ANY, on_policy},
    {&role_peer_schema, WIRE_STATE_ANY, on_peer},
    {&role_stop_schema, WIRE_STATE_ANY, on_stop},
};

static bool is_own(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_SIZE(control_permits); i++) {
        if (control_permits[i].schema->type == type) {
            return true;
        }
    }
    return false;
}

static bool dispatch(struct channel_message *in, struct err *err)
{
    if (is_own(wire_type(in))) {
        return wire_dispatch(control_permits, ARRAY_SIZE(control_permits), 1, in, NULL,
                             err);
    }
    return wire_dispatch(running.body->permits, running.body->permit_count, 1, in,
                         running.context, err);
}

static void on_control(void *context, int fd, uint32_t events)
{
    (void)context;
    (void)events;
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        struct err err = {0};
        struct channel_message in;
        switch (channel_receive(fd, &in, &err)) {
        case CHANNEL_AGAIN:
            return;
        case CHANNEL_CLOSED:
            log_event(LOG_WARNING, "supervisor_gone", NULL);
            end(1);
            return;
        case CHANNEL_FAILED:
            fail(&err, "control_failed");
            end(1);
            return;
        case CHANNEL_OK:
            break;
        }
        bool good = dispatch(&in, &err);
        channel_message_done(&in);
        if (!good) {
            fail(&err, "control_failed");
            end(1);
            return;
        }
    }
}

/* The terminal's and the shell's signals are for the supervisor, which then says
   role_stop. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXFSZ};
    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
        signal(ignored[i], SIG_IGN);
    }
}

static bool receive_setup(struct channel_message *in, struct role_setup *setup,
                          struct err *err)
{
    int64_t deadline = clock_monotonic_ms() + SETUP_WAIT_MS;
    enum channel_result result = channel_wait(SPAWN_CONTROL_FD, deadline, err);
    if (result == CHANNEL_OK) {
        result = channel_receive(SPAWN_CONTROL_FD, in, err);
    }
    switch (result) {
    case CHANNEL_OK:
        return wire_get(in, &role_setup_schema, setup, err);
    case CHANNEL_AGAIN:
        return err_set(err, ERR_TIMEOUT, "no setup within %d ms", SETUP_WAIT_MS);
    case CHANNEL_CLOSED:
        return err_set(err, ERR_CLOSED, "the supervisor left before the setup");
    default:
        return false;
    }
}

static bool choose_root(const struct role_setup *setup, struct err *err)
{
    running.sandbox = running.body->sandbox;
    running.sandbox.uid = setup->uid;
    running.sandbox.root = NULL;
    if (running.body->directory) {
        int length = snprintf(running.root, sizeof running.root, "%s/%s", setup->agency,
                              running.body->directory);
        if (length < 0 || (size_t)length >= sizeof running.root) {
            return err_set(err, ERR_LIMIT, "path of %s is too long",
                           running.body->directory);
        }
        running.sandbox.root = running.root;
    }
    return true;
}

/* The policy goes in first: start() may already decide by it. */
static bool start_inside(struct channel_message *in, struct err *err)
{
    const struct role_body *body = running.body;
    AUTO_CLOSE int policy = channel_message_take_fd(in, 0);
    if (body->policy && !body->policy(running.context, TAKE_FD(policy), err)) {
        return err_wrap(err, "first policy");
    }
    return !body->start || body->start(running.context, running.loop, err);
}

static bool enter(struct channel_message *in, struct err *err)
{
    const struct role_body *body = running.body;
    struct role_setup setup = {0};
    if (!receive_setup(in, &setup, err) || !choose_root(&setup, err)) {
        return false;
    }
    if (body->prepare && !body->prepare(running.context, &setup, &running.sandbox, err)) {
        return err_wrap(err, "prepare");
    }
    if (!sandbox_enter(&running.sandbox, err) || !sandbox_check(&running.sandbox, err)) {
        return err_wrap(err, "sandbox");
    }
    return start_inside(in, err);
}

static bool set_up(struct err *err)
{
    if (!fd_set_nonblocking(running.control, true, err)) {
        return false;
    }
    running.loop = loop_new(err);
    if (!running.loop) {
        return false;
    }
    struct channel_message in = {.size = 0};
    bool good = enter(&in, err);
    channel_message_done(&in);
    return good &&
           loop_watch(running.loop, running.control, EPOLLIN, on_control, NULL, err);
}

int role_run(const struct role_body *body, void *context)
{
    log_init(body->name, LOG_INFO);
    ignore_signals();
    running =
        (struct running){.body = body, .context = context, .control = SPAWN_CONTROL_FD};
    struct err err = {0};
    if (!set_up(&err)) {
        fail(&err, "start_failed");
        return 1;
    }
    role_tell(&role_ready_schema, &(struct role_ready){.pid = (uint32_t)getpid()});
    /* The loop is not freed: what the role made on it may be freed after us. */
    if (!loop_run(running.loop, &err)) {
        fail(&err, "loop_failed");
        return 1;
    }
    return running.exit_code;
}
