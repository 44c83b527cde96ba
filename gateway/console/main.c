/*
 * garita: the operators' console. Asks auth or the registry over their sockets and prints what
 * they answer. Holds nothing and decides nothing: the gateway does.
 */
#include <libintl.h>
#include <locale.h>
#include <stdio.h>

#include "base/spawn.h"
#include "console/command.h"
#include "console/report.h"
#include "console/talk.h"
#include "console/words.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void choose_language(void)
{
    char own[2048];
    char path[4096];
    setlocale(LC_ALL, "");
    if (spawn_own_directory(own, sizeof own, NULL)) {
        snprintf(path, sizeof path, "%s/../share/locale", own);
        bindtextdomain("garita", path);
    }
    bind_textdomain_codeset("garita", "UTF-8");
    textdomain("garita");
}

static int complain(const struct err *err, int code)
{
    fputs("garita: ", stderr);
    report_say(stderr, err->text);
    fputc('\n', stderr);
    return code;
}

static int run(const struct command_line *line)
{
    struct err err = {0};
    size_t count = 0;
    const struct command *command = command_find(line, &count, &err);
    if (!command) {
        return complain(&err, EXIT_USAGE);
    }
    if (!line->agency) {
        err_set(&err, ERR_INPUT, "%s",
                _("Say which agency: --agency DIR or GARITA_AGENCY."));
        return complain(&err, EXIT_USAGE);
    }
    struct buf arguments;
    buf_init(&arguments, COMMAND_ARGUMENTS_MAX);
    AUTO(report) report = report_new(line->json, command->verb, &err);
    int code = EXIT_FAILED;
    bool done = report && command_fill(command, line, count, &arguments, &err) &&
                talk(line->agency, command, buf_view(&arguments), report, &code, &err);
    buf_done(&arguments);
    return done ? code : complain(&err, EXIT_FAILED);
}

int main(int argc, char **argv)
{
    struct command_line line;
    struct err err = {0};
    choose_language();
    if (!command_line_parse(argc, (const char *const *)argv, &line, &err)) {
        return complain(&err, EXIT_USAGE);
    }
    if (line.version) {
        puts("garita 0.1.0");
        return EXIT_DONE;
    }
    if (line.word_count == 0 && !line.help) {
        command_print_help(stderr);
        return EXIT_USAGE;
    }
    if (line.help || strcmp(line.words[0], "help") == 0) {
        command_print_help(stdout);
        return EXIT_DONE;
    }
    int code = run(&line);
    return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
