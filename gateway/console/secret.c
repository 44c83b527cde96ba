/*
 * Run by garita. Reads descriptors itself: no stdio buffer keeps a copy.
 */
#include "console/secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include "base/auto.h"
#include "console/words.h"

enum {
    GROUPS = 4,
    GROUP_SIZE = 5,
    INTERRUPT = 3 /* what ^C sends when it is no signal */
};

static bool read_line(char *secret, size_t size, struct err *err)
{
    size_t length = 0;
    for (;;) {
        char byte = 0;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0) {
            return err_sys(err, errno, "read");
        }
        if (byte == INTERRUPT) {
            return err_set(err, ERR_CLOSED, "%s", _("Interrupted."));
        }
        if (got == 0 || byte == '\n') {
            break;
        }
        if (byte == '\0' || length + 1 == size) {
            return err_set(err, ERR_INPUT, "%s", _("The password is too long."));
        }
        secret[length++] = byte;
    }
    if (length > 0 && secret[length - 1] == '\r') {
        length--;
    }
    secret[length] = '\0';
    return true;
}

static bool ask(const char *prompt, char *secret, size_t size, struct err *err)
{
    fprintf(stderr, "%s ", prompt);
    bool got = read_line(secret, size, err);
    fputc('\n', stderr);
    return got;
}

static bool ask_twice(char *secret, size_t size, struct err *err)
{
    AUTO_SECRET(again, 2048);
    if (!ask(_("New password:"), secret, size, err) ||
        !ask(_("Once more:"), (char *)again, sizeof again, err)) {
        return false;
    }
    if (strcmp(secret, (const char *)again) != 0) {
        return err_set(err, ERR_INPUT, "%s", _("The two passwords differ."));
    }
    return true;
}

bool secret_read(char *secret, size_t size, struct err *err)
{
    struct termios before;
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return read_line(secret, size, err);
    }
    /* No signals either: ^C must not leave a terminal that does not echo. */
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0) {
        return err_sys(err, errno, "terminal");
    }
    bool got = ask_twice(secret, size, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return got;
}

bool secret_generate(char *secret, size_t size, struct err *err)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    _Static_assert(sizeof letters - 1 == 32, "a letter is five bits");
    AUTO_SECRET(random, GROUPS * GROUP_SIZE);
    if (size < GROUPS * (GROUP_SIZE + 1) ||
        getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return err_set(err, ERR_SYSTEM, "no randomness");
    }
    size_t length = 0;
    for (size_t i = 0; i < sizeof random; i++) {
        if (i > 0 && i % GROUP_SIZE == 0) {
            secret[length++] = '-';
        }
        secret[length++] = letters[random[i] % 32];
    }
    secret[length] = '\0';
    return true;
}
