/*
 * The roles' processes (supervisor): start, channels, restart with back-off, stop. A role that
 * dies comes back by itself; what its death means for connections is told by closed channels, not
 * by us.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/spawn.h"
#include "supervisor/supervisor.h"

enum {
    BACK_OFF_FIRST_MS = 50,
    BACK_OFF_MOST_MS = 5000,
    LIVED_WELL_MS = 10000, /* after which a death counts as the first one again */
    STOP_GRACE_MS = 8000,
    STOP_KILL_MS = 10000
};

/* ---- standing channels --------------------------------------------------------------- */

static bool send_peer(struct supervisor *supervisor, enum role to, enum role peer,
                      int channel)
{
    struct role_peer message = {.role = (uint8_t)peer, .address = ""};
    return processes_tell(supervisor, to, &role_peer_schema, &message, &channel);
}

static void connect_pair(struct supervisor *supervisor, const struct arrow *arrow)
{
    struct err err = {0};
    int ends[2];
    if (!channel_pair(ends, &err)) {
        log_text(LOG_ERROR, "channel", "%s", err.text);
        return;
    }
    send_peer(supervisor, arrow->from, arrow->to, ends[0]);
    send_peer(supervisor, arrow->to, arrow->from, ends[1]);
    close(ends[0]);
    close(ends[1]);
}

static void connect_standing(struct supervisor *supervisor, enum role role)
{
    for (size_t i = 0; i < arrow_count; i++) {
        const struct arrow *arrow = &arrows[i];
        bool concerned = arrow->from == role || arrow->to == role;
        if (arrow->kind == ARROW_STANDING && concerned &&
            supervisor->processes[arrow->from].ready &&
            supervisor->processes[arrow->to].ready) {
            connect_pair(supervisor, arrow);
        }
    }
}

/* ---- what roles say ------------------------------------------------------------------ */

bool processes_all_ready(const struct supervisor *supervisor)
{
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        if (role_is_kept(role) && !supervisor->processes[role].ready) {
            return false;
        }
    }
    return true;
}

static void role_came(struct supervisor *supervisor, enum role role)
{
    supervisor->processes[role].ready = true;
    connect_standing(supervisor, role);
    if (processes_all_ready(supervisor) && !supervisor->stopping) {
        if (!supervisor->serving) {
            log_event(LOG_INFO, "ready", "agency", supervisor->agency, NULL);
        }
        supervisor->serving = true;
        listeners_pause(supervisor, false);
    }
}

struct saying {
    struct supervisor *supervisor;
    enum role role;
};

static void hear_ready(void *context, const void *message, struct channel_message *in)
{
    (void)message;
    (void)in;
    struct saying *saying = context;
    role_came(saying->supervisor, saying->role);
}

static void hear_started(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct saying *saying = context;
    const struct connection_started *started = message;
    connections_started(saying->supervisor, started->connection, (pid_t)started->pid);
}

/* SECURITY: auth alone says who stands behind a proxy; any other role has no business here. */
static void hear_address(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct saying *saying = context;
    const struct connection_address *heard = message;
    if (saying->role != ROLE_AUTH) {
        log_event(LOG_WARNING, "address-not-heard", "name", role_name(saying->role),
                  NULL);
        return;
    }
    struct connection_admitted answer = {
        .connection = heard->connection,
        .admitted =
            connections_place(saying->supervisor, heard->connection, heard->address)};
    processes_tell(saying->supervisor, ROLE_AUTH, &connection_admitted_schema, &answer,
                   NULL);
}

static void hear_ended(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct saying *saying = context;
    connections_ended(saying->supervisor, message);
}

/* Whom I hear: every role may say that it is ready, a spawner what became of connections. */
static const struct wire_permit permits[] = {
    {&role_ready_schema, 1, hear_ready},
    {&connection_started_schema, 2, hear_started},
    {&connection_address_schema, 2, hear_address},
    {&connection_ended_schema, 2, hear_ended}};

static void hear_role(void *context, int fd, uint32_t events)
{
    (void)events;
    struct process *process = context;
    struct supervisor *supervisor = process->supervisor;
    enum role role = (enum role)(process - supervisor->processes);
    struct saying saying = {supervisor, role};
    for (;;) {
        struct err err = {0};
        struct channel_message in;
        enum channel_result result = channel_receive(fd, &in, &err);
        if (result == CHANNEL_AGAIN) {
            return;
        }
        bool good = result == CHANNEL_OK &&
                    wire_dispatch(permits, ARRAY_SIZE(permits), process->ready ? 2u : 1u,
                                  &in, &saying, &err);
        if (result == CHANNEL_OK) {
            channel_message_done(&in);
        }
        if (!good) {
            /* It is dying, or it is not itself any more: either way it ends here, and its place
               is filled when the kernel tells us. */
            if (result != CHANNEL_CLOSED) {
                log_event(LOG_ERROR, "role-broke-off", "name", role_name(role), "error",
                          err.text, NULL);
            }
            loop_unwatch(TAKE_PTR(process->watch));
            kill(process->pid, SIGKILL);
            return;
        }
    }
}

/* ---- start --------------------------------------------------------------------------- */

static bool send_setup(struct supervisor *supervisor, enum role role)
{
    struct role_setup setup = {.agency = supervisor->agency,
                               .uid = role_uid(supervisor, role),
                               .time_zone = policy_agency(supervisor->policy).time_zone};
    return processes_tell(supervisor, role, &role_setup_schema, &setup,
                          &supervisor->policy_fd);
}

bool processes_start(struct supervisor *supervisor, enum role role, struct err *err)
{
    struct process *process = &supervisor->processes[role];
    char executable[PATH_MAX];
    int ends[2];
    snprintf(executable, sizeof executable, "%.*s/%s", PATH_MAX - 64,
             supervisor->binaries, role_executable(role));
    if (!channel_pair(ends, err)) {
        return false;
    }
    AUTO_CLOSE int ours = ends[0];
    AUTO_CLOSE int theirs = ends[1];
    struct spawn spawn = {.executable = executable,
                          .name = role_executable(role),
                          .control = theirs,
                          .standard_error = -1};
    process->supervisor = supervisor;
    process->pid = spawn_role(&spawn, err);
    if (process->pid < 0) {
        process->pid = 0;
        return false;
    }
    process->started_ms = clock_monotonic_ms();
    process->control = TAKE_FD(ours);
    process->watch =
        loop_watch(supervisor->loop, process->control, EPOLLIN, hear_role, process, err);
    return process->watch && send_setup(supervisor, role);
}

bool processes_tell(struct supervisor *supervisor, enum role role,
                    const struct wire_schema *schema, const void *message, const int *fds)
{
    struct process *process = &supervisor->processes[role];
    struct err err = {0};
    if (process->control < 0) {
        return false;
    }
    enum channel_result result = wire_send(process->control, schema, message, fds, &err);
    if (result != CHANNEL_OK) {
        log_event(LOG_WARNING, "role-not-told", "name", role_name(role), "message",
                  schema->name, "error", err.text, NULL);
    }
    return result == CHANNEL_OK;
}

void processes_tell_policy(struct supervisor *supervisor)
{
    struct role_policy message = {.version = policy_version(supervisor->policy)};
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        if (supervisor->processes[role].control >= 0) {
            processes_tell(supervisor, role, &role_policy_schema, &message,
                           &supervisor->policy_fd);
        }
    }
}

/* ---- end ----------------------------------------------------------------------------- */

static void start_again(void *context)
{
    struct process *process = context;
    struct supervisor *supervisor = process->supervisor;
    enum role role = (enum role)(process - supervisor->processes);
    struct err err = {0};
    process->restart = NULL;
    if (!processes_start(supervisor, role, &err)) {
        log_event(LOG_ERROR, "role-not-started", "name", role_name(role), "error",
                  err.text, NULL);
    }
}

static bool all_gone(const struct supervisor *supervisor)
{
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        if (supervisor->processes[role].pid > 0) {
            return false;
        }
    }
    return true;
}

static void tell_stop(struct supervisor *supervisor, enum role role)
{
    struct role_stop message = {.grace_ms = STOP_GRACE_MS};
    processes_tell(supervisor, role, &role_stop_schema, &message, NULL);
}

/* With the registry gone, everything that was acknowledged is on disk: the others may go. */
static void go_on_stopping(struct supervisor *supervisor, enum role gone)
{
    if (gone == ROLE_REGISTRY) {
        for (enum role role = 0; role < ROLE_COUNT; role++) {
            tell_stop(supervisor, role);
        }
    }
    if (all_gone(supervisor)) {
        loop_stop(supervisor->loop);
    }
}

static void log_end(enum role role, pid_t pid, int status)
{
    char number[16], how[32];
    snprintf(number, sizeof number, "%d", (int)pid);
    if (WIFSIGNALED(status)) {
        snprintf(how, sizeof how, "signal-%d", WTERMSIG(status));
    } else {
        snprintf(how, sizeof how, "exit-%d", WEXITSTATUS(status));
    }
    log_event(LOG_WARNING, "role-ended", "name", role_name(role), "pid", number, "how",
              how, NULL);
}

static void role_ended(struct supervisor *supervisor, enum role role, int status)
{
    struct process *process = &supervisor->processes[role];
    bool lived_well = clock_monotonic_ms() - process->started_ms > LIVED_WELL_MS;
    if (!supervisor->stopping) {
        log_end(role, process->pid, status);
    }
    loop_unwatch(TAKE_PTR(process->watch));
    close(TAKE_FD(process->control));
    process->pid = 0;
    process->ready = false;
    if (supervisor->stopping) {
        go_on_stopping(supervisor, role);
        return;
    }
    if (!supervisor->serving) {
        /* It could not even start: better no gateway than one that starts for ever. */
        supervisor->exit_code = 1;
        processes_stop(supervisor);
        return;
    }
    listeners_pause(supervisor, true);
    process->back_off_ms = lived_well || process->back_off_ms == 0
                               ? BACK_OFF_FIRST_MS
                               : process->back_off_ms * 2;
    if (process->back_off_ms > BACK_OFF_MOST_MS) {
        process->back_off_ms = BACK_OFF_MOST_MS;
    }
    process->restart =
        loop_after(supervisor->loop, process->back_off_ms, start_again, process);
}

void processes_ended(struct supervisor *supervisor, pid_t pid, int status)
{
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        if (supervisor->processes[role].pid == pid) {
            role_ended(supervisor, role, status);
            return;
        }
    }
    connections_reaped(supervisor, pid, status);
}

static void kill_what_is_left(void *context)
{
    struct supervisor *supervisor = context;
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        struct process *process = &supervisor->processes[role];
        if (process->pid > 0) {
            log_event(LOG_WARNING, "role-killed", "name", role_name(role), NULL);
            kill(process->pid, SIGKILL);
        }
    }
}

void processes_stop(struct supervisor *supervisor)
{
    if (supervisor->stopping) {
        return;
    }
    supervisor->stopping = true;
    listeners_close(supervisor);
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        loop_cancel(TAKE_PTR(supervisor->processes[role].restart));
    }
    loop_after(supervisor->loop, STOP_KILL_MS, kill_what_is_left, supervisor);
    if (supervisor->processes[ROLE_REGISTRY].ready) {
        tell_stop(supervisor, ROLE_REGISTRY);
    } else {
        kill_what_is_left(supervisor);
        go_on_stopping(supervisor, ROLE_REGISTRY);
    }
}
