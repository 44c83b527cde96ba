/*
 * The body of an inspector's child. Once it has read a hostile file it may be anybody's: it
 * holds that file's read-only descriptor and a channel on which one answer is believed.
 * SECURITY: it can open nothing, start nothing, write nothing but answers; memory and CPU are
 * limited here, time by the parent, who kills. The file is mapped, to be read alone, and costs no
 * memory of the child's: RLIMIT_DATA is the limit on what it writes to, and the sandbox gives
 * it no memory that this does not count.
 */
#include "hooks/inspect/inspect_child.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sanitize.h"
#include "wire/inspection.h"

enum { CHANNEL_FD = 3, WAIT_MS = 3600 * 1000, KEPT_MEMORY = 8 * 1024 * 1024 };

const struct sandbox_call inspect_child_calls[] = {
    SANDBOX_CALL(pread64),
    SANDBOX_CALL_IF(newfstatat, 3, SANDBOX_INT, AT_EMPTY_PATH), /* fstat(2) */
    /* The file itself, to be read alone. */
    SANDBOX_CALL_IF_BOTH(mmap, 2, PROT_WRITE | PROT_EXEC, 0, 3, MAP_TYPE, MAP_PRIVATE),
};
const size_t inspect_child_call_count = ARRAY_SIZE(inspect_child_calls);

static bool set_limit(__rlimit_resource_t resource, uint64_t value, struct err *err)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    if (setrlimit(resource, &limit) < 0) {
        return err_sys(err, errno, "limit %d", (int)resource);
    }
    return true;
}

/* The soft limit on CPU time ends the child with a signal that says so. */
static bool set_limits(const struct inspect_child *child, struct err *err)
{
    struct rlimit cpu = {.rlim_cur = child->cpu_s, .rlim_max = child->cpu_s + 1};
    if (setrlimit(RLIMIT_CPU, &cpu) < 0) {
        return err_sys(err, errno, "limit CPU time");
    }
    /* AddressSanitizer reserves terabytes. */
    if (!BUILT_WITH_ASAN &&
        (!set_limit(RLIMIT_DATA, child->memory, err) ||
         !set_limit(RLIMIT_AS, child->memory + INSPECT_FILE_MAX, err))) {
        return false;
    }
    return set_limit(RLIMIT_FSIZE, 0, err) && set_limit(RLIMIT_NPROC, 0, err) &&
           set_limit(RLIMIT_CORE, 0, err);
}

static bool close_in(const struct inspect_child *child, int channel, struct err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
        return err_sys(err, errno, "die with the parent");
    }
    if (channel != CHANNEL_FD && dup3(channel, CHANNEL_FD, O_CLOEXEC) < 0) {
        return err_sys(err, errno, "move the channel");
    }
    fd_close_from(CHANNEL_FD + 1);
    return set_limits(child, err) &&
           (!child->filter || sandbox_enter_calls(child->filter, err));
}

/* The parent reads at once and there is room for one file's answers: anything but OK ends. */
static bool answer(const struct inspect_answer *message)
{
    return wire_send(CHANNEL_FD, &inspect_answer_schema, message, NULL, NULL) ==
           CHANNEL_OK;
}

static size_t list_findings(finding_set findings, uint8_t list[FINDING_COUNT])
{
    size_t count = 0;
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        if (findings & finding_bit((enum finding)at)) {
            list[count++] = (uint8_t)at;
        }
    }
    return count;
}

static bool serve(const struct inspect_child *child, const struct inspect_ask *ask,
                  int fd)
{
    struct inspect_answer message = {.id = ask->id};
    struct err err = {0};
    struct inspection inspection = {0};
    message.hashed =
        inspect_hash(child->tools, fd, message.sha256, &message.size, &err) ? 1 : 0;
    if (!answer(&message)) {
        return false;
    }
    if (message.hashed) {
        child->work(child->tools, fd, ask->name, INSPECT_FILE_MAX, &inspection);
    } else {
        inspection.findings = finding_bit(FINDING_NOT_INSPECTED);
        inspect_detail(&inspection, "%s", err.text);
    }
    uint8_t list[FINDING_COUNT];
    message.findings = (struct bytes){list, list_findings(inspection.findings, list)};
    message.media_type = inspection.media_type;
    message.detail = inspection.detail;
    return answer(&message);
}

static bool hear(const struct inspect_child *child)
{
    static struct channel_message in; /* too large for the stack to be used carelessly */
    switch (channel_wait(CHANNEL_FD, clock_monotonic_ms() + WAIT_MS, NULL)) {
    case CHANNEL_OK:
        break;
    case CHANNEL_AGAIN:
        return true;
    default:
        return false;
    }
    if (channel_receive(CHANNEL_FD, &in, NULL) != CHANNEL_OK) {
        return false;
    }
    struct inspect_ask ask;
    bool served = false;
    if (wire_get(&in, &inspect_ask_schema, &ask, NULL)) {
        AUTO_CLOSE int fd = channel_message_take_fd(&in, 0);
        served = serve(child, &ask, fd);
    }
    channel_message_done(&in);
    return served;
}

/* libmagic takes and gives back half a megabyte a file; as memory of a mapping of its own it would be
   fetched from the system each time. */
static void keep_memory(const struct inspect_child *child)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
    mallopt(M_TRIM_THRESHOLD, (int)(child->memory < INT_MAX ? child->memory : INT_MAX));
}

void inspect_child_run(const struct inspect_child *child, int channel)
{
    struct err err = {0};
    keep_memory(child);
    if (!close_in(child, channel, &err)) {
        die("inspector: %s", err.text);
    }
    while (hear(child)) {
    }
    _exit(0);
}
