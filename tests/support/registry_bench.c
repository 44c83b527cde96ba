/*
 * The bench itself: the store, the policy, the loop's turns and the inspector. The clients are in
 * registry_client.c.
 */
#include "support/registry_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sha2.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "registry/calendar.h"
#include "wire/inspection.h"

enum { GUARD_MS = 60 * 1000, POLICY_FILES_MAX = 64, NOT_THIS_PROCESS = 99 };

static pid_t owner; /* the process whose cmocka this is */

/* A failed assertion in the child of bench_crash() jumps into cmocka's copy there. */
static void stay_in_process(void)
{
    if (owner != 0 && owner != getpid()) {
        _exit(NOT_THIS_PROCESS);
    }
    owner = getpid();
}

/* ---- the policy -------------------------------------------------------------------- */

struct gathered {
    struct policy_file files[POLICY_FILES_MAX];
    size_t count;
    char *owned[2 * POLICY_FILES_MAX];
    size_t owned_count;
};

static bool is_replaced(const struct policy_file *files, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static void gather_file(struct gathered *gathered, const char *path)
{
    char whole[512];
    size_t size;
    snprintf(whole, sizeof whole, "%s/deploy/examples/agency/policy/%s", SOURCE_DIRECTORY,
             path);
    AUTO_CLOSE int fd = open(whole, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    char *text = fd_read_all(fd, 1 << 20, &size, NULL);
    char *name = strdup(path);
    assert_non_null(text);
    assert_true(gathered->count < POLICY_FILES_MAX);
    gathered->owned[gathered->owned_count++] = text;
    gathered->owned[gathered->owned_count++] = name;
    gathered->files[gathered->count++] = (struct policy_file){name, text};
}

static void gather_folder(struct gathered *gathered, const char *folder,
                          const struct policy_file *files, size_t count)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/deploy/examples/agency/policy/%s", SOURCE_DIRECTORY,
             folder);
    DIR *stream = opendir(whole);
    assert_non_null(stream);
    for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
        char path[300];
        snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".yaml") && !is_replaced(files, count, path)) {
            gather_file(gathered, path);
        }
    }
    closedir(stream);
}

void bench_policy(struct bench *bench, const struct policy_file *files, size_t count)
{
    static const char *const folders[] = {"", "roles/", "clients/", "accounts/"};
    struct gathered gathered = {0};
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        gather_folder(&gathered, folders[i], files, count);
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(gathered.count < POLICY_FILES_MAX);
        gathered.files[gathered.count++] = files[i];
    }
    struct policy *policy = policy_files_map(gathered.files, gathered.count);
    for (size_t i = 0; i < gathered.owned_count; i++) {
        free(gathered.owned[i]);
    }
    assert_non_null(policy);
    policy_free(bench->registry.policy);
    bench->registry.policy = policy;
    if (bench->registry.inspections) {
        inspections_deadline(
            bench->registry.inspections,
            (uint32_t)policy_limit(policy, POLICY_LIMIT_VERDICT_DEADLINE_MS));
    }
}

/* ---- turning ----------------------------------------------------------------------- */

static void stop_turn(void *context)
{
    loop_stop(context);
}

void bench_turn(struct bench *bench)
{
    assert_true(loop_run(bench->registry.loop, NULL));
}

static void too_late(void *context)
{
    struct bench *bench = context;
    bench->late = true;
}

void bench_wait(struct bench *bench, bool (*done)(struct bench *bench))
{
    struct loop_timer *guard =
        loop_after(bench->registry.loop, GUARD_MS, too_late, bench);
    while (!done(bench)) {
        bench_turn(bench);
        if (bench->late) {
            fail_msg("what was waited for did not come");
        }
    }
    loop_cancel(guard);
}

bool bench_quiet(struct bench *bench)
{
    return bench->registry.intakes == 0;
}

static bool is_deserted(struct bench *bench)
{
    return bench_quiet(bench) && !bench->registry.sessions;
}

/* ---- opening and closing ------------------------------------------------------------- */

void bench_open(struct bench *bench)
{
    struct err err = {0};
    struct registry *registry = &bench->registry;
    int month;
    *registry = (struct registry){.loop = loop_new(&err)};
    bench->inspector = (struct inspector){.channel = -1};
    bench->clients = NULL;
    assert_non_null(registry->loop);
    loop_at_turn_end(registry->loop, stop_turn, registry->loop);
    bench_policy(bench, NULL, 0);
    registry->uploads = upload_table_new(&err);
    registry->inspections = inspections_new(registry->loop, &err);
    registry->objects = objects_open(registry->loop, bench->directory, &err);
    registry->catalogue = catalogue_open(registry->loop, bench->directory, &err);
    if (!registry->uploads || !registry->inspections || !registry->objects ||
        !registry->catalogue || !recovery_run(registry, &err)) {
        fail_msg("%s", err.text);
    }
    inspections_deadline(registry->inspections, 8000);
    calendar_month_of(clock_wall_us(), &bench->year, &month);
    bench_inspector_come(bench);
}

void bench_close(struct bench *bench)
{
    struct registry *registry = &bench->registry;
    if (!registry->loop) {
        return;
    }
    while (bench->clients) {
        client_drop(bench->clients);
    }
    bench->inspector.dies = false;
    bench_speak(bench);
    if (bench->inspector.channel < 0) {
        bench_inspector_come(bench);
    }
    bench_wait(bench, is_deserted);
    bench_inspector_go(bench);
    objects_close(registry->objects);
    catalogue_close(registry->catalogue);
    inspections_free(registry->inspections);
    upload_table_free(registry->uploads);
    policy_free(registry->policy);
    loop_free(registry->loop);
    *registry = (struct registry){0};
}

const char *bench_path(const char *folder, const char *name)
{
    static char paths[8][2048];
    static unsigned last;
    char *path = paths[last++ % ARRAY_SIZE(paths)];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *bench_operation_name(const struct bench *bench, const char *aduana,
                                 const char *patente, const char *pedimento)
{
    static char names[8][64];
    static unsigned last;
    char *name = names[last++ % ARRAY_SIZE(names)];
    snprintf(name, sizeof names[0], "%02d-%s-%s-%s", bench->year % 100, aduana, patente,
             pedimento);
    return name;
}

static void make_operation(struct bench *bench)
{
    const char *name = bench_operation_name(bench, "240", "3420", "6001234");
    snprintf(bench->operation, sizeof bench->operation, "/clientes/" ACME "/%d/%s",
             bench->year, name);
    snprintf(bench->files, sizeof bench->files, "/expedientes/%d/%s", bench->year, name);
    struct client *laredo = client_new(bench, "laredo");
    assert_ok(client_make_folder(laredo, bench->operation));
    client_drop(laredo);
}

int bench_setup_closed(void **state)
{
    stay_in_process();
    struct err err = {0};
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    signal(SIGIO, SIG_IGN);
    setenv("TZ", "America/Mexico_City", 1);
    tzset();
    if (!text_init(BINARY_DIRECTORY "/share/locale", &err)) {
        fail_msg("%s", err.text);
    }
    snprintf(bench->directory, sizeof bench->directory, "%s/registry-XXXXXX",
             BINARY_DIRECTORY);
    assert_non_null(mkdtemp(bench->directory));
    *state = bench;
    return 0;
}

int bench_setup(void **state)
{
    bench_setup_closed(state);
    bench_open(*state);
    make_operation(*state);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

int bench_teardown(void **state)
{
    stay_in_process();
    struct bench *bench = *state;
    bench_close(bench);
    assert_int_equal(nftw(bench->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(bench);
    return 0;
}

void bench_crash(struct bench *bench, void (*scenario)(struct bench *bench))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bench_open(bench);
        make_operation(bench);
        scenario(bench);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    /* What the child made is there for us too, under the same names. */
    int month;
    calendar_month_of(clock_wall_us(), &bench->year, &month);
    const char *name = bench_operation_name(bench, "240", "3420", "6001234");
    snprintf(bench->operation, sizeof bench->operation, "/clientes/" ACME "/%d/%s",
             bench->year, name);
    snprintf(bench->files, sizeof bench->files, "/expedientes/%d/%s", bench->year, name);
}

/* ---- the inspector ------------------------------------------------------------------- */

static const char *sniff(const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return "application/x-empty";
    }
    bool pdf = size >= 5 && memcmp(bytes, "%PDF-", 5) == 0;
    return pdf ? "application/pdf" : "text/xml";
}

static void examine(int fd, struct pending *pending)
{
    uint8_t bytes[4096], first[8] = {0};
    SHA2_CTX sha;
    ssize_t got;
    SHA256Init(&sha);
    while ((got = pread(fd, bytes, sizeof bytes, (off_t)pending->size)) > 0) {
        if (pending->size == 0) {
            memcpy(first, bytes, got < 8 ? (size_t)got : 8);
        }
        SHA256Update(&sha, bytes, (size_t)got);
        pending->size += (uint64_t)got;
    }
    SHA256Final(pending->sha256, &sha);
    pending->media_type = sniff(first, pending->size);
}

static void say(struct bench *bench, const struct pending *pending)
{
    struct inspector *inspector = &bench->inspector;
    struct inspect_answer answer = {
        .id = pending->id,
        .hashed = 1,
        .size = pending->size,
        .media_type = inspector->media_type ? inspector->media_type : pending->media_type,
        .findings = {inspector->findings, inspector->finding_count},
        .detail = ""};
    memcpy(answer.sha256, pending->sha256, sizeof answer.sha256);
    assert_int_equal(
        wire_send(inspector->channel, &inspect_answer_schema, &answer, NULL, NULL),
        CHANNEL_OK);
}

static void on_question(void *context, int fd, uint32_t events)
{
    (void)events;
    struct bench *bench = context;
    struct inspector *inspector = &bench->inspector;
    struct channel_message in;
    struct inspect_ask ask;
    if (channel_receive(fd, &in, NULL) != CHANNEL_OK) {
        bench_inspector_go(bench);
        return;
    }
    assert_true(wire_get(&in, &inspect_ask_schema, &ask, NULL));
    inspector->asked++;
    snprintf(inspector->name, sizeof inspector->name, "%s", ask.name);
    struct pending pending = {.id = ask.id};
    examine(in.fds[0], &pending);
    channel_message_done(&in);
    if (inspector->dies) {
        bench_inspector_go(bench);
    } else if (inspector->mute) {
        assert_true(inspector->pending_count < BENCH_PENDING_MAX);
        inspector->pending[inspector->pending_count++] = pending;
    } else {
        say(bench, &pending);
    }
}

void bench_inspector_come(struct bench *bench)
{
    struct err err = {0};
    int ends[2];
    assert_true(channel_pair(ends, &err));
    inspections_connect(bench->registry.inspections, ends[0]);
    bench->inspector.channel = ends[1];
    bench->inspector.pending_count = 0;
    bench->inspector.watch =
        loop_watch(bench->registry.loop, ends[1], EPOLLIN, on_question, bench, &err);
    assert_non_null(bench->inspector.watch);
}

void bench_inspector_go(struct bench *bench)
{
    if (bench->inspector.channel >= 0) {
        loop_unwatch(bench->inspector.watch);
        close(TAKE_FD(bench->inspector.channel));
    }
}

void bench_find(struct bench *bench, enum finding finding)
{
    bench->inspector.findings[0] = (uint8_t)finding;
    bench->inspector.finding_count = 1;
}

void bench_find_nothing(struct bench *bench)
{
    bench->inspector.finding_count = 0;
}

void bench_speak(struct bench *bench)
{
    struct inspector *inspector = &bench->inspector;
    inspector->mute = false;
    for (size_t i = 0; i < inspector->pending_count; i++) {
        say(bench, &inspector->pending[i]);
    }
    inspector->pending_count = 0;
}
