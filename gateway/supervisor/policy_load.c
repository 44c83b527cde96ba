/*
 * Reading the policy (supervisor): garita-policy parses, in its jail; here only its result arrives,
 * a sealed image whose offsets policy_map() checks. The wait is bounded: a reader that does not
 * answer is killed.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/spawn.h"
#include "supervisor/supervisor.h"

enum {
    READ_WAIT_MS = 30 * 1000,
    READER_UID = 65534 /* nobody: uid_base is not known before the policy is read */
};

static bool send_setup(const struct supervisor *supervisor, int channel, struct err *err)
{
    AUTO_CLOSE int nothing = fd_sealed("nothing", (struct bytes){0}, err);
    struct role_setup setup = {.agency = supervisor->agency,
                               .uid = supervisor->root ? READER_UID : 0,
                               .time_zone = ""};
    return nothing >= 0 &&
           wire_send(channel, &role_setup_schema, &setup, &nothing, err) == CHANNEL_OK;
}

/* True when the answer is complete. */
static bool take_answer(struct channel_message *in, int *fd, struct err *err)
{
    struct policy_wrong wrong;
    struct role_policy good;
    if (wire_type(in) == policy_wrong_schema.type) {
        if (wire_get(in, &policy_wrong_schema, &wrong, err)) {
            log_event(LOG_ERROR, "policy-wrong", "at", wrong.text, NULL);
            fprintf(stderr, "%s\n", wrong.text);
            err_set(err, ERR_INPUT, "the policy does not check");
            return false;
        }
    } else if (wire_get(in, &role_policy_schema, &good, err)) {
        *fd = channel_message_take_fd(in, 0);
        return true;
    }
    return true;
}

static bool hear_reader(int channel, int *fd, struct err *err)
{
    int64_t deadline = clock_monotonic_ms() + READ_WAIT_MS;
    struct err last = {0};
    for (;;) {
        struct channel_message in;
        if (channel_wait(channel, deadline, err) != CHANNEL_OK) {
            return err_set(err, ERR_TIMEOUT, "garita-policy gives no answer");
        }
        enum channel_result result = channel_receive(channel, &in, err);
        if (result == CHANNEL_CLOSED) {
            *err = last;
            return last.code == ERR_NONE
                       ? err_set(err, ERR_CLOSED, "garita-policy ended without an answer")
                       : false;
        }
        if (result == CHANNEL_OK) {
            bool done = take_answer(&in, fd, &last);
            channel_message_done(&in);
            if (done) {
                *err = last;
                return *fd >= 0;
            }
        }
    }
}

bool policy_load(struct supervisor *supervisor, int *fd, struct err *err)
{
    int ends[2], status;
    char executable[PATH_MAX];
    snprintf(executable, sizeof executable, "%.*s/%s", PATH_MAX - 64,
             supervisor->binaries, role_executable(ROLE_POLICY));
    if (!channel_pair(ends, err)) {
        return false;
    }
    AUTO_CLOSE int ours = ends[0];
    AUTO_CLOSE int theirs = ends[1];
    struct spawn spawn = {.executable = executable,
                          .name = role_executable(ROLE_POLICY),
                          .control = theirs,
                          .standard_error = -1};
    pid_t pid = spawn_role(&spawn, err);
    if (pid < 0) {
        return false;
    }
    close(TAKE_FD(theirs));
    *fd = -1;
    bool good = send_setup(supervisor, ours, err) && hear_reader(ours, fd, err);
    kill(pid, SIGKILL); /* it has said all that we hear */
    waitpid(pid, &status, 0);
    return good;
}

bool policy_use(struct supervisor *supervisor, int take_fd, struct err *err)
{
    AUTO_CLOSE int fd = take_fd;
    struct policy *policy = policy_map(fd, err);
    if (!policy) {
        return false;
    }
    policy_free(supervisor->policy);
    if (supervisor->policy_fd >= 0) {
        close(supervisor->policy_fd);
    }
    supervisor->policy = policy;
    supervisor->policy_fd = TAKE_FD(fd);
    return true;
}
