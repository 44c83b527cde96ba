/*
 * garitad: `garitad --agency DIR`. Stays in the foreground; its journal is standard error. SIGTERM
 * and SIGINT stop it cleanly, SIGHUP reads the policy again: a policy that does not check leaves
 * the old one in force.
 */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/spawn.h"
#include "supervisor/penalties.h"
#include "supervisor/supervisor.h"

static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        processes_ended(supervisor, pid, status);
    }
}

/* Users and time zone are taken at the start only; all else changes now. */
static void reload(struct supervisor *supervisor)
{
    struct err err = {0};
    int fd;
    if (!policy_load(supervisor, &fd, &err) || !policy_use(supervisor, fd, &err)) {
        log_event(LOG_ERROR, "policy-kept", "error", err.text, NULL);
        return;
    }
    processes_tell_policy(supervisor);
    listeners_follow_policy(supervisor);
    log_event(LOG_INFO, "policy-in-force", NULL);
}

static void hear_signal(void *context, int fd, uint32_t events)
{
    (void)events;
    struct supervisor *supervisor = context;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap(supervisor);
        } else if (info.ssi_signo == SIGHUP && !supervisor->stopping) {
            reload(supervisor);
        } else if (info.ssi_signo != SIGHUP) {
            log_event(LOG_INFO, "stopping", NULL);
            processes_stop(supervisor);
        }
    }
}

static bool take_signals(struct supervisor *supervisor, struct err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 ? loop_watch(supervisor->loop, fd, EPOLLIN, hear_signal, supervisor,
                                err) != NULL
                   : err_sys(err, errno, "signalfd");
}

static bool write_pid(const struct supervisor *supervisor, struct err *err)
{
    char path[PATH_MAX + 32], text[32];
    snprintf(path, sizeof path, "%s/run/garitad.pid", supervisor->agency);
    int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    AUTO_CLOSE int fd = creat(path, 0644);
    return fd >= 0 ? fd_write_all(fd, text, (size_t)length, err)
                   : err_sys(err, errno, "write %s", path);
}

static bool start(struct supervisor *supervisor, struct err *err)
{
    int fd;
    supervisor->loop = loop_new(err);
    supervisor->penalties = penalties_new(err);
    if (!supervisor->loop || !supervisor->penalties ||
        !spawn_own_directory(supervisor->binaries, PATH_MAX, err) ||
        !policy_load(supervisor, &fd, err) || !policy_use(supervisor, fd, err) ||
        !agency_prepare(supervisor, err) || !take_signals(supervisor, err) ||
        !listeners_open(supervisor, err)) {
        return false;
    }
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        if (role_is_kept(role) && !processes_start(supervisor, role, err)) {
            return err_wrap(err, "start %s", role_name(role));
        }
    }
    return write_pid(supervisor, err);
}

static bool parse(int argc, char **argv, struct supervisor *supervisor)
{
    static const struct option options[] = {{"agency", required_argument, NULL, 'a'},
                                            {0}};
    const char *agency = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'a') {
            return false;
        }
        agency = optarg;
    }
    return optind == argc && agency && realpath(agency, supervisor->agency);
}

int main(int argc, char **argv)
{
    static struct supervisor supervisor;
    struct err err = {0};
    supervisor.policy_fd = -1;
    supervisor.root = geteuid() == 0;
    for (enum role role = 0; role < ROLE_COUNT; role++) {
        supervisor.processes[role].control = -1;
    }
    if (!parse(argc, argv, &supervisor)) {
        fprintf(stderr, "usage: garitad --agency DIR\n");
        return 2;
    }
    log_init("garitad", LOG_INFO);
    umask(022);
    /* Sessions whose spawner is gone become our children, so that they are counted and reaped. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!start(&supervisor, &err) || !loop_run(supervisor.loop, &err)) {
        log_text(LOG_ERROR, "start-failed", "%s", err.text);
        return 1;
    }
    log_event(LOG_INFO, "stopped", NULL);
    return supervisor.exit_code;
}
