/*
 * Looks at every file of a corpus and prints what was found, for scoring by hand.
 * usage: inspect_corpus FOLDER < paths below it    prints path, decision, type, findings, detail
 * A file is accepted when it is a PDF by content and nothing was found but what is accepted
 * by default. Each look runs in a child with the inspectors' limits and system calls.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "hooks/inspect/inspect_child.h"

enum { MEMORY = 256 << 20, CPU_SECONDS = 5 };

static void set_limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limit = {value, value};
    setrlimit(resource, &limit);
}

static bool is_accepted(const struct inspection *inspection)
{
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        if ((inspection->findings & finding_bit((enum finding)at)) &&
            finding_default((enum finding)at) != VERDICT_ACCEPT) {
            return false;
        }
    }
    return strcmp(inspection->media_type, "application/pdf") == 0;
}

static void print(const char *path, const struct inspection *inspection)
{
    printf("%s\t%s\t%s\t", path, is_accepted(inspection) ? "accept" : "reject",
           inspection->media_type);
    for (unsigned at = 0; at < FINDING_COUNT; at++) {
        if (inspection->findings & finding_bit((enum finding)at)) {
            printf("%s ", finding_code((enum finding)at));
        }
    }
    printf("\t%s\n", inspection->detail);
    fflush(stdout);
}

static struct sandbox_filter *filter;

static void look(const struct inspect_tools *tools, int folder, const char *path)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        AUTO_CLOSE int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
        set_limit(RLIMIT_AS, MEMORY);
        set_limit(RLIMIT_CPU, CPU_SECONDS);
        if (!sandbox_enter_calls(filter, NULL)) {
            _exit(1);
        }
        struct inspection inspection;
        const char *slash = strrchr(path, '/');
        inspect_look(tools, fd, slash ? slash + 1 : path, MEMORY / 4, &inspection);
        print(path, &inspection);
        _exit(0);
    }
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
        printf("%s\treject\t\tNOT_INSPECTED\tended with %d\n", path, status);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    AUTO(inspect_tools) tools = inspect_tools_load(&err);
    AUTO_CLOSE int folder = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
    struct sandbox narrow = {.sets = SANDBOX_LOOP,
                             .calls = inspect_child_calls,
                             .call_count = inspect_child_call_count};
    filter = sandbox_filter_new(&narrow, &err);
    if (!tools || !filter || folder < 0) {
        fprintf(stderr, "inspect_corpus: %s\n", err.text);
        return 1;
    }
    char path[4096];
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = '\0';
        look(tools, folder, path);
    }
    return 0;
}
