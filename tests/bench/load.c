/*
 * The load driver of tests/bench/run: many sessions of one client, measured from the client's side.
 *
 *   bench_load pdf FILE SIZE SERIAL
 *   bench_load HOST:PORT USER KEYFILE logins COUNT
 *   bench_load HOST:PORT USER KEYFILE idle COUNT            until its input ends
 *   bench_load HOST:PORT USER KEYFILE put SESSIONS FILES SIZE SERIAL FOLDER
 *   bench_load HOST:PORT USER KEYFILE stat COUNT PATH
 *   bench_load HOST:PORT USER KEYFILE list PATH
 *
 * Each prints one JSON object. It reports times and judges none.
 */
#include "bench/load.h"

#include <libssh/callbacks.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 1024, SESSIONS_MAX = 64 };

void load_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "bench_load: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

double load_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t number(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0') {
        load_fail("not a number: %s", text);
    }
    return (size_t)value;
}

/* ---- documents ---------------------------------------------------------------------------- */

static void make_pdf(char **arguments)
{
    size_t size = number(arguments[1]);
    uint8_t *pdf = load_pdf(size, number(arguments[2]));
    FILE *file = fopen(arguments[0], "w");
    if (!file || fwrite(pdf, 1, size, file) != size || fclose(file) != 0) {
        load_fail("write %s", arguments[0]);
    }
    free(pdf);
}

/* ---- logins and idle sessions --------------------------------------------------------------- */

static void logins(const struct load_target *target, char **arguments)
{
    size_t count = number(arguments[0]);
    double began = load_seconds();
    for (size_t i = 0; i < count; i++) {
        load_leave(load_login(target));
    }
    printf("{\"count\": %zu, \"seconds\": %.6f}\n", count, load_seconds() - began);
}

static void idle(const struct load_target *target, char **arguments)
{
    size_t count = number(arguments[0]);
    struct load_session **sessions = calloc(count, sizeof *sessions);
    if (!sessions) {
        load_fail("no memory");
    }
    double began = load_seconds();
    for (size_t i = 0; i < count; i++) {
        sessions[i] = load_login(target);
        load_begin_sftp(sessions[i]);
    }
    printf("{\"count\": %zu, \"seconds\": %.6f}\n", count, load_seconds() - began);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    for (size_t i = 0; i < count; i++) {
        load_leave(sessions[i]);
    }
    free(sessions);
}

/* ---- puts ----------------------------------------------------------------------------------- */

/* What all its processes share: when all are logged in, and how long each answer took. */
struct put {
    const struct load_target *target;
    size_t sessions, files, size, serial;
    const char *folder;
    int ready[2], go[2]; /* pipes */
    double *closes;      /* of all files */
    double *whole;
};

static void put_files(const struct put *put, size_t which)
{
    struct load_session *session = load_login(put->target);
    load_begin_sftp(session);
    uint8_t *pdf = load_pdf(put->size, 0);
    char byte = 0;
    if (write(put->ready[1], &byte, 1) != 1 || read(put->go[0], &byte, 1) != 1) {
        load_fail("start");
    }
    for (size_t file = which; file < put->files; file += put->sessions) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/FO_%zu-%zu.pdf", put->folder, put->serial, file);
        load_pdf_renumber(pdf, (uint64_t)put->serial << 32 | file);
        struct load_handle handle;
        double began = load_seconds();
        load_open(session, path, &handle);
        load_write(session, &handle, pdf, put->size);
        double closing = load_seconds();
        load_close(session, &handle);
        put->closes[file] = load_seconds() - closing;
        put->whole[file] = load_seconds() - began;
    }
    free(pdf);
    load_leave(session);
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double quantile(double *values, size_t count, double part)
{
    size_t at = (size_t)((double)count * part);
    return values[at < count ? at : count - 1] * 1000;
}

static void report_puts(const struct put *put, double seconds)
{
    qsort(put->closes, put->files, sizeof *put->closes, by_size);
    qsort(put->whole, put->files, sizeof *put->whole, by_size);
    printf("{\"count\": %zu, \"seconds\": %.6f, \"close_p50_ms\": %.3f,"
           " \"close_p99_ms\": %.3f, \"close_max_ms\": %.3f, \"whole_p50_ms\": %.3f}\n",
           put->files, seconds, quantile(put->closes, put->files, 0.5),
           quantile(put->closes, put->files, 0.99), quantile(put->closes, put->files, 1),
           quantile(put->whole, put->files, 0.5));
}

static void start_sessions(const struct put *put)
{
    for (size_t i = 0; i < put->sessions; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            put_files(put, i);
            _exit(0);
        }
        if (pid < 0) {
            load_fail("fork");
        }
    }
    char bytes[SESSIONS_MAX];
    for (size_t i = 0; i < put->sessions; i++) {
        if (read(put->ready[0], bytes, 1) != 1) {
            load_fail("a session did not start");
        }
    }
}

static void put_all(const struct load_target *target, char **arguments)
{
    struct put put = {.target = target,
                      .sessions = number(arguments[0]),
                      .files = number(arguments[1]),
                      .size = number(arguments[2]),
                      .serial = number(arguments[3]),
                      .folder = arguments[4]};
    size_t shared = 2 * put.files * sizeof(double);
    put.closes =
        mmap(NULL, shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (put.closes == MAP_FAILED || put.sessions > SESSIONS_MAX || pipe(put.ready) < 0 ||
        pipe(put.go) < 0) {
        load_fail("prepare");
    }
    put.whole = put.closes + put.files;
    start_sessions(&put);
    static const char start[SESSIONS_MAX];
    double began = load_seconds();
    if (write(put.go[1], start, put.sessions) != (ssize_t)put.sessions) {
        load_fail("start");
    }
    for (size_t i = 0; i < put.sessions; i++) {
        int status;
        if (wait(&status) < 0 || status != 0) {
            load_fail("a session failed");
        }
    }
    report_puts(&put, load_seconds() - began);
}

/* ---- names ---------------------------------------------------------------------------------- */

static void stats(const struct load_target *target, char **arguments)
{
    size_t count = number(arguments[0]);
    struct load_session *session = load_login(target);
    load_begin_sftp(session);
    double began = load_seconds();
    for (size_t i = 0; i < count; i++) {
        load_stat(session, arguments[1]);
    }
    printf("{\"count\": %zu, \"seconds\": %.6f}\n", count, load_seconds() - began);
    load_leave(session);
}

static void list(const struct load_target *target, char **arguments)
{
    struct load_session *session = load_login(target);
    load_begin_sftp(session);
    struct load_handle handle;
    double began = load_seconds();
    load_open_folder(session, arguments[0], &handle);
    double first = 0, slowest = 0;
    size_t entries = 0, answers = 0;
    for (uint32_t count = 1; count > 0;) {
        double asked = load_seconds();
        count = load_read_folder(session, &handle);
        double took = load_seconds() - asked;
        slowest = took > slowest ? took : slowest;
        first = answers == 0 ? load_seconds() - began : first;
        entries += count;
        answers++;
    }
    double seconds = load_seconds() - began;
    load_close(session, &handle);
    load_leave(session);
    printf("{\"count\": %zu, \"answers\": %zu, \"seconds\": %.6f, \"first_ms\": %.3f,"
           " \"slowest_ms\": %.3f}\n",
           entries, answers, seconds, first * 1000, slowest * 1000);
}

/* ---- the command line ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    int arguments;
    void (*run)(const struct load_target *target, char **arguments);
} commands[] = {
    {"logins", 1, logins}, {"idle", 1, idle}, {"put", 5, put_all},
    {"stat", 2, stats},    {"list", 1, list},
};

static void run(const struct load_target *target, int count, char **arguments)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(arguments[0], commands[i].name) == 0 &&
            count == commands[i].arguments + 1) {
            commands[i].run(target, &arguments[1]);
            return;
        }
    }
    load_fail("unknown command; see the head of load.c");
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "pdf") == 0) {
        make_pdf(&argv[2]);
        return 0;
    }
    char *colon = argc > 4 ? strrchr(argv[1], ':') : NULL;
    if (!colon) {
        load_fail("usage: see the head of load.c");
    }
    *colon = '\0';
    struct load_target target = {
        .host = argv[1], .port = (unsigned)number(colon + 1), .user = argv[2]};
    if (ssh_init() != SSH_OK ||
        ssh_pki_import_privkey_file(argv[3], NULL, NULL, NULL, &target.key) != SSH_OK) {
        load_fail("cannot read the key %s", argv[3]);
    }
    run(&target, argc - 4, &argv[4]);
    ssh_key_free(target.key);
    return 0;
}
