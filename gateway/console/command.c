/*
 * Run by garita, with the rights of whoever typed the command; trusts its user and nobody else's
 * files.
 */
#include "console/command.h"

#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/fd.h"
#include "console/secret.h"
#include "console/words.h"

#define AUTH_SOCKET "auth.sock"
#define REGISTRY_SOCKET "registry.sock"

enum { KEY_FILE_MAX = 16 * 1024, PASSWORD_MAX = 1024 };

static void put(struct buf *out, const char *text)
{
    buf_put(out, text, strlen(text) + 1);
}

/* ---- how arguments are filled in ---------------------------------------------------- */

static bool fill_plain(const struct command_line *line, const char *const *arguments,
                       size_t count, struct buf *out, struct err *err)
{
    (void)line;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        put(out, arguments[i]);
    }
    return true;
}

static bool fill_password(const struct command_line *line, const char *const *arguments,
                          size_t count, struct buf *out, struct err *err)
{
    (void)count;
    AUTO_SECRET(password, PASSWORD_MAX + 1);
    bool got = line->generate ? secret_generate((char *)password, sizeof password, err)
                              : secret_read((char *)password, sizeof password, err);
    if (!got) {
        return false;
    }
    if (line->generate) {
        printf("%s\n", (const char *)password);
    }
    put(out, arguments[0]);
    put(out, (const char *)password);
    return true;
}

/* The first line that is neither empty nor a comment. */
static const char *first_line(char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        if (*line != '#' && line[strspn(line, " \t")] != '\0') {
            return line;
        }
    }
    return NULL;
}

static bool fill_key(const struct command_line *line, const char *const *arguments,
                     size_t count, struct buf *out, struct err *err)
{
    (void)line;
    (void)count;
    bool from_input = strcmp(arguments[1], "-") == 0;
    AUTO_CLOSE int file = from_input ? -1 : open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (!from_input && file < 0) {
        return err_sys(err, errno, "%s", arguments[1]);
    }
    size_t size = 0;
    AUTO_FREE char *text =
        fd_read_all(from_input ? STDIN_FILENO : file, KEY_FILE_MAX, &size, err);
    if (!text) {
        return false;
    }
    const char *key = first_line(text);
    if (!key) {
        return err_set(err, ERR_INPUT, "%s", _("There is no key in this file."));
    }
    /* A slip that would put a private key on a socket stops here. */
    if (strstr(key, "PRIVATE KEY")) {
        return err_set(err, ERR_INPUT, "%s",
                       _("This is a private key; give the file that ends in .pub."));
    }
    put(out, arguments[0]);
    put(out, key);
    return true;
}

/* What people can type. The verb is also what is sent. */
static const struct command commands[] = {
    {"status", "", REGISTRY_SOCKET, 0, 0, fill_plain, N_("what the gateway is doing")},
    {"account list", "", AUTH_SOCKET, 0, 0, fill_plain,
     N_("accounts, and what they can log in with")},
    {"account show", "NAME", AUTH_SOCKET, 1, 1, fill_plain,
     N_("one account and its keys")},
    {"account password", "NAME [--generate]", AUTH_SOCKET, 1, 1, fill_password,
     N_("set a password: typed, read from standard input, or made and printed")},
    {"account key add", "NAME FILE|-", AUTH_SOCKET, 2, 2, fill_key,
     N_("let the key of an OpenSSH public key file log in")},
    {"account key remove", "NAME FINGERPRINT", AUTH_SOCKET, 2, 2, fill_plain,
     N_("take a key away")},
    {"account disable", "NAME", AUTH_SOCKET, 1, 1, fill_plain,
     N_("let an account log in no more")},
    {"account enable", "NAME", AUTH_SOCKET, 1, 1, fill_plain, N_("let it log in again")},
    {"receipt show", "FOLIO", REGISTRY_SOCKET, 1, 1, fill_plain,
     N_("the receipt of an upload")},
    {"operation list", "RFC", REGISTRY_SOCKET, 1, 1, fill_plain,
     N_("the operations of a client")},
    {"ledger show", "[FROM]", REGISTRY_SOCKET, 0, 1, fill_plain,
     N_("entries of the ledger: the last 200, or all from a number on")},
    {"ledger verify", "", REGISTRY_SOCKET, 0, 0, fill_plain,
     N_("walk the ledger and check that nothing was changed")},
};

/* ---- the command line -------------------------------------------------------------- */

static bool take_flag(const char *argument, struct command_line *line)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--json", &line->json},
                 {"--generate", &line->generate},
                 {"--help", &line->help},
                 {"-h", &line->help},
                 {"--version", &line->version}};
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (strcmp(argument, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool take_word(const char *argument, struct command_line *line, struct err *err)
{
    if (line->word_count == COMMAND_WORDS_MAX) {
        return err_set(err, ERR_INPUT, "%s", _("Too many arguments."));
    }
    line->words[line->word_count++] = argument;
    return true;
}

bool command_line_parse(int argc, const char *const *argv, struct command_line *line,
                        struct err *err)
{
    static const char agency[] = "--agency=";
    *line = (struct command_line){.agency = getenv("GARITA_AGENCY")};
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (!options || argument[0] != '-' || strcmp(argument, "-") == 0) {
            if (!take_word(argument, line, err)) {
                return false;
            }
        } else if (strcmp(argument, "--") == 0) {
            options = false;
        } else if (strcmp(argument, "--agency") == 0 && i + 1 < argc) {
            line->agency = argv[++i];
        } else if (strncmp(argument, agency, sizeof agency - 1) == 0) {
            line->agency = &argument[sizeof agency - 1];
        } else if (!take_flag(argument, line)) {
            return err_set(err, ERR_INPUT, _("There is no option %s."), argument);
        }
    }
    return true;
}

/* How many words the verb takes from the line's front; 0: it is another. */
static size_t match(const char *verb, const struct command_line *line)
{
    size_t words = 0;
    while (*verb) {
        size_t length = strcspn(verb, " ");
        if (words == line->word_count || strlen(line->words[words]) != length ||
            strncmp(line->words[words], verb, length) != 0) {
            return 0;
        }
        words++;
        verb = &verb[length + (verb[length] == ' ' ? 1 : 0)];
    }
    return words;
}

const struct command *command_find(const struct command_line *line, size_t *count,
                                   struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *command = &commands[i];
        size_t words = match(command->verb, line);
        if (words == 0) {
            continue;
        }
        *count = line->word_count - words;
        if (*count < command->least || *count > command->most) {
            err_set(err, ERR_INPUT, _("usage: garita %s %s"), command->verb,
                    command->arguments);
            return NULL;
        }
        return command;
    }
    err_set(err, ERR_INPUT, "%s", _("There is no such command; see: garita help"));
    return NULL;
}

bool command_fill(const struct command *command, const struct command_line *line,
                  size_t count, struct buf *out, struct err *err)
{
    if (line->generate && command->fill != fill_password) {
        return err_set(err, ERR_INPUT, _("There is no option %s."), "--generate");
    }
    const char *const *arguments = &line->words[line->word_count - count];
    if (!command->fill(line, arguments, count, out, err)) {
        return false;
    }
    return !out->failed ||
           err_set(err, ERR_LIMIT, "%s", _("The arguments are too long."));
}

void command_print_help(FILE *stream)
{
    fprintf(stream, "%s\n\n", _("usage: garita [--agency DIR] [--json] COMMAND"));
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        fprintf(stream, "  %s %s\n        %s\n", commands[i].verb, commands[i].arguments,
                _(commands[i].help));
    }
    fprintf(stream, "\n%s\n",
            _("DIR is the agency's folder; GARITA_AGENCY in the environment names it as "
              "well."));
}
