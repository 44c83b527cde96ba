/*
 * garita-inspect: looks at files for the registry. This process hears the registry and keeps
 * the children that do the looking; it opens nothing, and no content reaches it.
 * It trusts the supervisor and the policy; the registry may ask, no more.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "hooks/inspect/inspect_pool.h"
#include "policy/policy.h"
#include "role/role.h"
#include "wire/inspection.h"

enum { DESCRIPTORS = 1024, CHILDREN_MIN = 2, PROCESSES_OF_USER = 4096 };

struct inspectors {
    struct inspect_tools *tools;
    struct sandbox_filter *filter; /* of the children */
    struct inspect_pool *pool;
    struct loop *loop;
    uint64_t memory;
    uint64_t cpu_s;
    size_t children;
};

/* One registry; another takes its place when that one was started anew. */
struct asker {
    struct inspectors *inspectors;
    struct role_channel *channel;
};

/* ---- what I may do ------------------------------------------------------------------- */

/* This process starts children and hands them descriptors; what the children may do it must
   be allowed as well, for their filter can only narrow its own. */
static const struct sandbox_call parent_calls[] = {
    SANDBOX_CALL_IF_BOTH(socketpair, 0, SANDBOX_INT, AF_UNIX, 1, SANDBOX_INT,
                         SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK),
    SANDBOX_CALL_IF(kill, 1, SANDBOX_INT, SIGKILL),
    SANDBOX_CALL_IF(prlimit64, 0, SANDBOX_INT, 0), /* its own limits */
    SANDBOX_CALL(dup3),
    SANDBOX_CALL(close_range),
    SANDBOX_CALL_IF(fcntl, 1, SANDBOX_INT, F_GET_SEALS),
    /* As in inspect_child.c; and the policy's memory file. */
    SANDBOX_CALL(pread64),
    SANDBOX_CALL_IF(newfstatat, 3, SANDBOX_INT, AT_EMPTY_PATH),
    SANDBOX_CALL_IF(mmap, 2, PROT_WRITE | PROT_EXEC, 0),
};

static size_t core_count(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 0;
    return count < CHILDREN_MIN ? CHILDREN_MIN : (size_t)count;
}

static bool prepare(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err)
{
    struct inspectors *inspectors = context;
    struct sandbox narrow = {.sets = SANDBOX_LOOP,
                             .calls = inspect_child_calls,
                             .call_count = inspect_child_call_count};
    inspectors->children = core_count();
    /* The kernel counts by user, and another agency of this machine may have the same one: this
       is a stop for a fork bomb, not a measure. */
    sandbox->processes = setup->uid ? PROCESSES_OF_USER : UINT32_MAX;
    inspectors->tools = inspect_tools_load(err);
    inspectors->filter = inspectors->tools ? sandbox_filter_new(&narrow, err) : NULL;
    return inspectors->filter != NULL;
}

/* ---- what I answer ------------------------------------------------------------------- */

static void log_failure(const struct inspect_answer *message)
{
    for (size_t at = 0; at < message->findings.size; at++) {
        if (message->findings.at[at] == FINDING_NOT_INSPECTED) {
            log_event(LOG_WARNING, "not_inspected", "detail", message->detail, NULL);
        }
    }
}

static void answer(void *context, const struct inspect_answer *message)
{
    struct asker *asker = context;
    log_failure(message);
    role_channel_send(asker->channel, &inspect_answer_schema, message, NULL);
}

static void on_ask(void *context, const void *message, struct channel_message *in)
{
    struct asker *asker = context;
    AUTO_CLOSE int fd = channel_message_take_fd(in, 0);
    inspect_pool_submit(asker->inspectors->pool, asker, message, TAKE_FD(fd));
}

static const struct wire_permit registry_permits[] = {
    {&inspect_ask_schema, WIRE_STATE_ANY, on_ask},
};

static void on_asker_closed(void *context, const struct err *why)
{
    struct asker *asker = context;
    log_event(LOG_INFO, "registry_gone", "why", why->text, NULL);
    inspect_pool_forget(asker->inspectors->pool, asker);
    free(asker);
}

static void peer(void *context, const struct role_peer *about, int take_channel)
{
    struct inspectors *inspectors = context;
    AUTO_CLOSE int channel = take_channel;
    struct asker *asker = about->role == ROLE_REGISTRY ? calloc(1, sizeof *asker) : NULL;
    if (!asker) {
        log_event(LOG_ERROR, "peer_refused", NULL);
        return;
    }
    asker->inspectors = inspectors;
    struct role_channel_options options = {.permits = registry_permits,
                                           .permit_count = ARRAY_SIZE(registry_permits),
                                           .context = asker,
                                           .closed = on_asker_closed};
    struct err err = {0};
    asker->channel =
        role_channel_open(inspectors->loop, TAKE_FD(channel), &options, &err);
    if (!asker->channel) {
        log_text(LOG_ERROR, "peer_refused", "%s", err.text);
        free(asker);
    }
}

static bool take_policy(void *context, int take_fd, struct err *err)
{
    struct inspectors *inspectors = context;
    AUTO_CLOSE int fd = take_fd;
    AUTO(policy) policy = policy_map(fd, err);
    if (!policy) {
        return false;
    }
    inspectors->memory = policy_limit(policy, POLICY_LIMIT_INSPECT_MEMORY);
    inspectors->cpu_s = policy_limit(policy, POLICY_LIMIT_INSPECT_CPU_S);
    if (inspectors->pool) {
        inspect_pool_limits(inspectors->pool, inspectors->memory, inspectors->cpu_s);
    }
    return true;
}

/* ---- the loop ------------------------------------------------------------------------ */

static bool start(void *context, struct loop *loop, struct err *err)
{
    struct inspectors *inspectors = context;
    struct inspect_pool_options options = {.loop = loop,
                                           .children = inspectors->children,
                                           .child = {.tools = inspectors->tools,
                                                     .work = inspect_look,
                                                     .filter = inspectors->filter,
                                                     .memory = inspectors->memory,
                                                     .cpu_s = inspectors->cpu_s},
                                           .answer = answer};
    inspectors->loop = loop;
    inspectors->pool = inspect_pool_new(&options, err);
    return inspectors->pool != NULL;
}

int main(void)
{
    static struct inspectors inspectors;
    static const struct role_body body = {
        .name = "inspect",
        .sandbox = {.files = SANDBOX_FILES_NONE,
                    .descriptors = DESCRIPTORS,
                    .sets = SANDBOX_LOOP | SANDBOX_CHILDREN,
                    .calls = parent_calls,
                    .call_count = ARRAY_SIZE(parent_calls)},
        .prepare = prepare,
        .start = start,
        .policy = take_policy,
        .peer = peer,
    };
    int code = role_run(&body, &inspectors);
    inspect_pool_free(inspectors.pool);
    return code;
}
