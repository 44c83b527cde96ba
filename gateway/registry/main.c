/*
 * garita-registry: catalogue, object store, ledger, and the virtual tree. The only process that
 * opens objects; everybody else gets descriptors from it. Runs as its own user, its root is
 * AGENCY/store, and it talks to sessions (one channel a connection), auth, inspect and consoles.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/log.h"
#include "registry/inspections.h"
#include "registry/operator.h"
#include "registry/recovery.h"
#include "registry/session.h"
#include "registry/upload.h"
#include "text/text.h"
#include "wire/login.h"

/* ---- what I may do: SQLite and objects, below my root; leases; memory files for texts ---- */

static const struct sandbox_call calls[] = {
    SANDBOX_CALL(openat), SANDBOX_CALL(pread64), SANDBOX_CALL(pwrite64),
    SANDBOX_CALL(fdatasync), SANDBOX_CALL(fsync), SANDBOX_CALL(ftruncate),
    SANDBOX_CALL(fstat), SANDBOX_CALL(newfstatat), SANDBOX_CALL(lseek),
    SANDBOX_CALL(unlink), SANDBOX_CALL(unlinkat), SANDBOX_CALL(mkdir),
    SANDBOX_CALL(mkdirat), SANDBOX_CALL(getdents64), SANDBOX_CALL(access),
    SANDBOX_CALL(getcwd), SANDBOX_CALL(readlink), SANDBOX_CALL(geteuid),
    SANDBOX_CALL(fchmod), SANDBOX_CALL(fcntl), SANDBOX_CALL(memfd_create),
    SANDBOX_CALL(renameat), SANDBOX_CALL(sched_yield),
    /* SQLite's reader waits so for a moment in which the writer does not change the index. */
    SANDBOX_CALL(clock_nanosleep),
    /* The write-ahead log's index and the policy: memory of files, never executable. */
    SANDBOX_CALL_IF(mmap, 2, PROT_EXEC, 0)};

/* ---- whom I hear ------------------------------------------------------------------- */

static void handle_grant(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    session_grant(context, message);
}

/* SECURITY: auth may enter facts of its own kinds only. */
static const char *event_of_auth(const char *kind)
{
    static const struct {
        const char *said, *entered;
    } kinds[] = {{"LOGIN_FAILED", "login_failed"},
                 {"CREDENTIAL", "credential"},
                 {"ACCOUNT", "account"}};
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].said, kind) == 0) {
            return kinds[i].entered;
        }
    }
    return NULL;
}

static void handle_event(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct registry *registry = context;
    const struct login_event *event = message;
    const char *kind = event_of_auth(event->kind);
    if (!kind) {
        log_event(LOG_WARNING, "event-not-entered", "kind", event->kind, NULL);
        return;
    }
    struct change *change = change_new(CHANGE_EVENT);
    change->event = kind;
    log_escape(event->account, strlen(event->account), change->account,
               sizeof change->account);
    log_escape(event->address, strlen(event->address), change->address,
               sizeof change->address);
    snprintf(change->detail, sizeof change->detail, "%s", event->detail);
    catalogue_submit(registry->catalogue, change);
}

static const struct wire_permit auth_permits[] = {
    {&login_grant_schema, WIRE_STATE_ANY, handle_grant},
    {&login_event_schema, WIRE_STATE_ANY, handle_event}};

static void auth_gone(void *context, const struct err *why)
{
    struct registry *registry = context;
    registry->auth = NULL;
    log_text(LOG_WARNING, "auth-gone", "%s", why->text);
}

static void hear_auth(struct registry *registry, int take_channel)
{
    struct err err = {0};
    struct role_channel_options options = {.permits = auth_permits,
                                           .permit_count = ARRAY_SIZE(auth_permits),
                                           .context = registry,
                                           .closed = auth_gone};
    role_channel_close(registry->auth);
    registry->auth = role_channel_open(registry->loop, take_channel, &options, &err);
    if (!registry->auth) {
        log_text(LOG_ERROR, "auth", "%s", err.text);
    }
}

static void take_peer(void *context, const struct role_peer *peer, int take_channel)
{
    struct registry *registry = context;
    switch ((enum role)peer->role) {
    case ROLE_SSH:
        session_open(registry, peer, take_channel);
        break;
    case ROLE_AUTH:
        hear_auth(registry, take_channel);
        break;
    case ROLE_INSPECT:
        inspections_connect(registry->inspections, take_channel);
        break;
    case ROLE_CONSOLE:
        operator_open(registry, peer, take_channel);
        break;
    default:
        log_text(LOG_ERROR, "peer", "a channel from role %u", peer->role);
        close(take_channel);
    }
}

/* ---- policy, start and end ------------------------------------------------------------- */

static void record_policy(struct registry *registry)
{
    struct change *change = change_new(CHANGE_EVENT);
    change->event = "policy";
    snprintf(change->detail, sizeof change->detail, "version=%016llx",
             (unsigned long long)policy_version(registry->policy));
    catalogue_submit(registry->catalogue, change);
}

static void use_policy(struct registry *registry)
{
    inspections_deadline(
        registry->inspections,
        (uint32_t)policy_limit(registry->policy, POLICY_LIMIT_VERDICT_DEADLINE_MS));
    record_policy(registry);
}

static bool take_policy(void *context, int take_fd, struct err *err)
{
    struct registry *registry = context;
    AUTO_CLOSE int fd = take_fd;
    struct policy *policy = policy_map(fd, err);
    if (!policy) {
        return false;
    }
    policy_free(registry->policy);
    registry->policy = policy;
    if (registry->catalogue) {
        use_policy(registry);
    }
    return true;
}

/* The time zone's file and the sentences are read while files can still be opened. */
static bool prepare(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err)
{
    (void)context;
    (void)sandbox;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", setup->time_zone);
    if (setup->time_zone[0] == '\0' || access(path, R_OK) != 0) {
        return err_sys(err, errno, "time zone \"%s\"", setup->time_zone);
    }
    setenv("TZ", setup->time_zone, 1);
    tzset();
    return text_init(NULL, err);
}

static bool start(void *context, struct loop *loop, struct err *err)
{
    struct registry *registry = context;
    signal(SIGIO,
           SIG_IGN); /* a broken lease asks by SIGIO; we give leases back at once */
    registry->loop = loop;
    registry->uploads = upload_table_new(err);
    registry->inspections = registry->uploads ? inspections_new(loop, err) : NULL;
    registry->objects = registry->inspections ? objects_open(loop, ".", err) : NULL;
    registry->catalogue = registry->objects ? catalogue_open(loop, ".", err) : NULL;
    if (!registry->catalogue || !recovery_run(registry, err)) {
        return false;
    }
    use_policy(registry);
    return true;
}

static void leave(void *context)
{
    (void)context;
    role_leave();
}

static void leave_when_done(void *context)
{
    struct registry *registry = context;
    if (registry->intakes == 0) {
        role_leave();
    } else {
        loop_after(registry->loop, 10, leave_when_done, registry);
    }
}

/* What is being taken in is finished and answered; nothing new is begun. */
static void stop(void *context, uint32_t grace_ms)
{
    struct registry *registry = context;
    registry->stopping = true;
    loop_after(registry->loop, grace_ms, leave, registry);
    leave_when_done(registry);
}

int main(void)
{
    struct registry registry = {0};
    const struct role_body body = {.name = "registry",
                                   .directory = "store",
                                   .sandbox = {.files = SANDBOX_FILES_WRITE,
                                               .file_size = SIZE_MAX,
                                               .descriptors = 65536,
                                               .processes = UINT32_MAX,
                                               .sets = SANDBOX_LOOP | SANDBOX_THREADS,
                                               .calls = calls,
                                               .call_count = ARRAY_SIZE(calls)},
                                   .prepare = prepare,
                                   .start = start,
                                   .policy = take_policy,
                                   .peer = take_peer,
                                   .stop = stop};
    int code = role_run(&body, &registry);
    catalogue_close(registry.catalogue); /* what was submitted is committed */
    if (registry.intakes == 0) {
        /* Else the grace has passed, and what is still synced would go on without a catalogue. */
        objects_close(registry.objects);
    }
    return code;
}
