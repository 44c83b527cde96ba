/*
 * The parent's half of inspection: queue, children, deadlines. garita-inspect's parent, which
 * never looks at a file itself.
 * SECURITY: a child may be taken over by the file it looks at. It is believed about that
 * file alone: its answer must carry the identifier that it was given, hold known findings and
 * short printable texts, and the digest is the one that it told before it parsed anything.
 */
#include "hooks/inspect/inspect_pool.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "role/role.h"

enum {
    QUEUE_MAX = 512, /* each holds a descriptor */
    FILES_PER_CHILD = 100,
    BUSY_MS_MAX = 1000, /* of wall time, so that CPU time is left for each file */
    CPU_SLACK_S = 1     /* the same in the child's limit */
};

struct job {
    struct job *next;
    struct inspect_pool *pool;
    void *asker;
    uint64_t id;
    char *account;
    char *name;
    uint32_t deadline_ms;
    int fd; /* until a child has it */
    struct loop_timer *deadline;
    struct child *child; /* NULL: in the queue */
    bool told;           /* the child's first answer came, whose digest these are: */
    bool hashed;
    uint8_t sha256[INSPECT_HASH_SIZE];
    uint64_t size;
};

struct child {
    struct child *next;
    struct inspect_pool *pool;
    pid_t pid;
    struct role_channel *channel; /* NULL once broken */
    char *account;
    struct job *job; /* NULL: idle */
    unsigned served;
    int64_t since_ms; /* when its job began */
    int64_t busy_ms;  /* over all jobs before */
};

struct inspect_pool {
    struct inspect_pool_options options;
    struct job *queue;
    size_t queued;
    struct child *children;
    size_t child_count;
};

static void dispatch(struct inspect_pool *pool);

/* ---- jobs ---------------------------------------------------------------------------- */

static void job_free(struct job *job)
{
    if (job) {
        loop_cancel(job->deadline);
        if (job->fd >= 0) {
            close(job->fd);
        }
        free(job->account);
        free(job->name);
        free(job);
    }
}
DEFINE_AUTO(job, job_free);

static void queue_remove(struct inspect_pool *pool, const struct job *job)
{
    struct job **link = &pool->queue;
    while (*link != job) {
        link = &(*link)->next;
    }
    *link = job->next;
    pool->queued--;
}

/* Tells the asker and ends the job, which is in no list any more. */
static void job_answer(struct job *job, struct inspect_answer *message)
{
    message->id = job->id;
    message->hashed = job->hashed ? 1 : 0;
    memcpy(message->sha256, job->sha256, sizeof message->sha256);
    message->size = job->size;
    if (job->asker) {
        job->pool->options.answer(job->asker, message);
    }
    job_free(job);
}

static void job_fail(struct job *job, const char *why)
{
    static const uint8_t finding = FINDING_NOT_INSPECTED;
    struct inspect_answer message = {.findings = {&finding, 1}, .detail = why};
    job_answer(job, &message);
}

/* ---- children ------------------------------------------------------------------------ */

static void describe_end(int status, char *text, size_t size)
{
    if (!WIFSIGNALED(status)) {
        snprintf(text, size, "the inspector exited with %d", WEXITSTATUS(status));
        return;
    }
    int number = WTERMSIG(status);
    const char *name = sigabbrev_np(number);
    snprintf(text, size, "the inspector died of %s%s", name ? "SIG" : "a signal",
             name ? name : "");
}

/* Ends the process, if it still lives, and frees the child. It has no job any more. A process
   that was dying already keeps the cause of its death. */
static int child_end(struct child *child)
{
    struct child **link = &child->pool->children;
    while (*link != child) {
        link = &(*link)->next;
    }
    *link = child->next;
    child->pool->child_count--;
    role_channel_close(child->channel);
    kill(child->pid, SIGKILL);
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    free(child->account);
    free(child);
    return status;
}

static struct job *child_take_job(struct child *child)
{
    struct job *job = TAKE_PTR(child->job);
    if (job) {
        job->child = NULL;
    }
    return job;
}

static bool is_spent(const struct child *child, const struct inspect_answer *message)
{
    bool clean = message->findings.size == 0 && message->detail[0] == '\0';
    return !clean || child->served >= FILES_PER_CHILD || child->busy_ms >= BUSY_MS_MAX;
}

/* The channel broke: the child died, or said what it may not say. */
static void on_child_closed(void *context, const struct err *why)
{
    (void)why;
    struct child *child = context;
    struct inspect_pool *pool = child->pool;
    child->channel = NULL;
    struct job *job = child_take_job(child);
    char text[INSPECT_DETAIL_MAX];
    describe_end(child_end(child), text, sizeof text);
    if (job) {
        job_fail(job, text);
    }
    dispatch(pool);
}

static bool is_printable(const char *text, size_t most)
{
    size_t at = 0;
    for (; text[at] != '\0'; at++) {
        if (at + 1 >= most || text[at] < ' ' || text[at] > '~') {
            return false;
        }
    }
    return true;
}

static bool is_believable(const struct job *job, const struct inspect_answer *message)
{
    if (!job || message->id != job->id || message->findings.size > FINDING_COUNT) {
        return false;
    }
    for (size_t at = 0; at < message->findings.size; at++) {
        if (message->findings.at[at] >= FINDING_COUNT) {
            return false;
        }
    }
    return is_printable(message->media_type, INSPECT_MEDIA_TYPE_MAX) &&
           is_printable(message->detail, INSPECT_DETAIL_MAX);
}

static void on_child_answer(void *context, const void *data, struct channel_message *in)
{
    (void)in;
    struct child *child = context;
    struct inspect_pool *pool = child->pool;
    struct inspect_answer message = *(const struct inspect_answer *)data;
    if (!is_believable(child->job, &message)) {
        struct job *job = child_take_job(child);
        child_end(child);
        if (job) {
            job_fail(job, "the inspector broke its protocol");
        }
    } else if (!child->job->told) {
        struct job *job = child->job;
        job->told = true;
        job->hashed = message.hashed != 0;
        job->size = message.size;
        memcpy(job->sha256, message.sha256, sizeof job->sha256);
        return;
    } else {
        struct job *job = child_take_job(child);
        child->busy_ms += clock_monotonic_ms() - child->since_ms;
        child->served++;
        if (is_spent(child, &message)) {
            child_end(child);
        }
        job_answer(job, &message);
    }
    dispatch(pool);
}

static const struct wire_permit child_permits[] = {
    {&inspect_answer_schema, WIRE_STATE_ANY, on_child_answer},
};

/* The parent's side of a new child: takes the channel and owns the process from here on. */
static struct child *child_adopt(struct inspect_pool *pool, const char *account,
                                 pid_t pid, int take_channel, struct err *err)
{
    AUTO_CLOSE int channel = take_channel;
    struct child *child = calloc(1, sizeof *child);
    char *own_account = strdup(account);
    if (!child || !own_account) {
        free(child);
        free(own_account);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        err_sys(err, ENOMEM, "adopt an inspector");
        return NULL;
    }
    *child = (struct child){
        .pool = pool, .pid = pid, .account = own_account, .next = pool->children};
    pool->children = child;
    pool->child_count++;
    struct role_channel_options options = {.permits = child_permits,
                                           .permit_count = ARRAY_SIZE(child_permits),
                                           .context = child,
                                           .closed = on_child_closed};
    child->channel =
        role_channel_open(pool->options.loop, TAKE_FD(channel), &options, err);
    if (!child->channel) {
        child_end(child);
        return NULL;
    }
    return child;
}

static struct child *child_new(struct inspect_pool *pool, const char *account,
                               struct err *err)
{
    int ends[2];
    if (!channel_pair(ends, err)) {
        return NULL;
    }
    AUTO_CLOSE int ours = ends[0];
    AUTO_CLOSE int theirs = ends[1];
    pid_t pid = fork();
    if (pid < 0) {
        err_sys(err, errno, "start an inspector");
        return NULL;
    }
    if (pid == 0) {
        struct inspect_child options = pool->options.child;
        options.cpu_s += CPU_SLACK_S;
        inspect_child_run(&options, theirs);
    }
    return child_adopt(pool, account, pid, TAKE_FD(ours), err);
}

/* ---- who looks at what --------------------------------------------------------------- */

static struct child *idle_child(const struct inspect_pool *pool, const char *account)
{
    for (struct child *child = pool->children; child; child = child->next) {
        if (!child->job && child->channel &&
            (!account || strcmp(child->account, account) == 0)) {
            return child;
        }
    }
    return NULL;
}

static bool is_served(const struct inspect_pool *pool, const char *account)
{
    for (const struct child *child = pool->children; child; child = child->next) {
        if (child->job && strcmp(child->account, account) == 0) {
            return true;
        }
    }
    return false;
}

static struct job *next_job(const struct inspect_pool *pool)
{
    for (struct job *job = pool->queue; job; job = job->next) {
        if (!is_served(pool, job->account)) {
            return job;
        }
    }
    return pool->queue;
}

static bool has_room(struct inspect_pool *pool, const char *account)
{
    return pool->child_count < pool->options.children || idle_child(pool, account) ||
           idle_child(pool, NULL);
}

/* There is room. */
static struct child *child_for(struct inspect_pool *pool, const char *account,
                               struct err *err)
{
    struct child *child = idle_child(pool, account);
    if (child) {
        return child;
    }
    if (pool->child_count >= pool->options.children) {
        child_end(idle_child(pool, NULL));
    }
    return child_new(pool, account, err);
}

static void give(struct child *child, struct job *job)
{
    struct inspect_ask ask = {.id = job->id,
                              .account = job->account,
                              .name = job->name,
                              .deadline_ms = job->deadline_ms};
    child->job = job;
    child->since_ms = clock_monotonic_ms();
    job->child = child;
    /* If it fails the channel is broken, and on_child_closed() answers. */
    role_channel_send(child->channel, &inspect_ask_schema, &ask, &job->fd);
    close(job->fd);
    job->fd = -1;
}

static void dispatch(struct inspect_pool *pool)
{
    for (struct job *job; (job = next_job(pool)) && has_room(pool, job->account);) {
        queue_remove(pool, job);
        struct err err = {0};
        struct child *child = child_for(pool, job->account, &err);
        if (child) {
            give(child, job);
        } else {
            job_fail(job, err.text);
        }
    }
}

static void on_deadline(void *context)
{
    struct job *job = context;
    struct inspect_pool *pool = job->pool;
    job->deadline = NULL;
    if (job->child) {
        struct child *child = job->child;
        child_take_job(child);
        child_end(child);
        job_fail(job, "the deadline passed during the inspection");
    } else {
        queue_remove(pool, job);
        job_fail(job, "the deadline passed in the queue");
    }
    dispatch(pool);
}

/* ---- the pool ------------------------------------------------------------------------ */

struct inspect_pool *inspect_pool_new(const struct inspect_pool_options *options,
                                      struct err *err)
{
    struct inspect_pool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        err_sys(err, ENOMEM, "make the pool of inspectors");
        return NULL;
    }
    pool->options = *options;
    return pool;
}

void inspect_pool_free(struct inspect_pool *pool)
{
    if (!pool) {
        return;
    }
    while (pool->children) {
        job_free(child_take_job(pool->children));
        child_end(pool->children);
    }
    while (pool->queue) {
        struct job *job = pool->queue;
        queue_remove(pool, job);
        job_free(job);
    }
    free(pool);
}

void inspect_pool_limits(struct inspect_pool *pool, uint64_t memory, uint64_t cpu_s)
{
    pool->options.child.memory = memory;
    pool->options.child.cpu_s = cpu_s;
    for (struct child *child; (child = idle_child(pool, NULL));) {
        child_end(child);
    }
}

static struct job *job_new(struct inspect_pool *pool, void *asker,
                           const struct inspect_ask *ask, int take_fd)
{
    AUTO_CLOSE int fd = take_fd;
    AUTO(job) job = calloc(1, sizeof *job);
    if (!job) {
        return NULL;
    }
    *job = (struct job){.pool = pool,
                        .asker = asker,
                        .id = ask->id,
                        .account = strdup(ask->account),
                        .name = strdup(ask->name),
                        .deadline_ms = ask->deadline_ms,
                        .fd = TAKE_FD(fd)};
    job->deadline = loop_after(pool->options.loop, ask->deadline_ms, on_deadline, job);
    return job->account && job->name && job->deadline ? TAKE_PTR(job) : NULL;
}

static void refuse(struct inspect_pool *pool, void *asker, const struct inspect_ask *ask,
                   const char *why)
{
    static const uint8_t finding = FINDING_NOT_INSPECTED;
    struct inspect_answer message = {
        .id = ask->id, .findings = {&finding, 1}, .detail = why};
    pool->options.answer(asker, &message);
}

void inspect_pool_submit(struct inspect_pool *pool, void *asker,
                         const struct inspect_ask *ask, int take_fd)
{
    AUTO_CLOSE int fd = take_fd;
    if (pool->queued >= QUEUE_MAX) {
        refuse(pool, asker, ask, "too many files wait for inspection");
        return;
    }
    struct job *job = job_new(pool, asker, ask, TAKE_FD(fd));
    if (!job) {
        refuse(pool, asker, ask, "out of memory");
        return;
    }
    struct job **link = &pool->queue;
    while (*link) {
        link = &(*link)->next;
    }
    *link = job;
    pool->queued++;
    dispatch(pool);
}

void inspect_pool_forget(struct inspect_pool *pool, const void *asker)
{
    for (struct child *child = pool->children; child; child = child->next) {
        if (child->job && child->job->asker == asker) {
            child->job->asker = NULL;
        }
    }
    for (struct job *job = pool->queue, *next; job; job = next) {
        next = job->next;
        if (job->asker == asker) {
            queue_remove(pool, job);
            job_free(job);
        }
    }
}
