/*
 * Run by garita. The kernel tells the gateway who calls (SO_PEERCRED); there is nothing to prove
 * here.
 */
#include "console/talk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/channel.h"
#include "base/clock.h"
#include "console/words.h"
#include "wire/console.h"

enum {
    PATIENCE_MS = 10 * 60 * 1000 /* between two messages; `ledger verify` reads a lot */
};

/* Through the folder's descriptor: a socket's path may have 107 bytes only. */
static int connect_to(const char *agency, const char *socket_name, struct err *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/run", agency) >= (int)sizeof path) {
        err_set(err, ERR_INPUT, "%s", _("The agency's path is too long."));
        return -1;
    }
    AUTO_CLOSE int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSE int channel = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder,
             socket_name);
    if (folder < 0 || channel < 0 ||
        connect(channel, (const struct sockaddr *)&address, sizeof address) != 0) {
        err_sys(err, errno, "%s/%s", path, socket_name);
        return -1;
    }
    return TAKE_FD(channel);
}

static bool take_end(const struct channel_message *in, int *code, struct err *err)
{
    struct console_end end;
    if (!wire_get(in, &console_end_schema, &end, err)) {
        return false;
    }
    *code = end.code;
    if (*end.text) {
        FILE *stream = end.code == 0 ? stdout : stderr;
        report_say(stream, words_of_role(end.text));
        fputc('\n', stream);
    }
    return true;
}

static bool take_output(const struct channel_message *in, struct report *report,
                        struct err *err)
{
    struct console_output output;
    if (!wire_get(in, &console_output_schema, &output, err)) {
        return false;
    }
    AUTO_FREE char *text = strdup(output.text);
    if (!text) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    return report_put(report, text, err);
}

static bool receive(int channel, struct channel_message *in, struct err *err)
{
    enum channel_result result =
        channel_wait(channel, clock_monotonic_ms() + PATIENCE_MS, err);
    if (result == CHANNEL_OK) {
        result = channel_receive(channel, in, err);
    }
    if (result == CHANNEL_CLOSED) {
        return err_set(
            err, ERR_CLOSED, "%s",
            _("The gateway closed the conversation; you may not be an operator."));
    }
    if (result == CHANNEL_AGAIN) {
        return err_set(err, ERR_TIMEOUT, "%s", _("The gateway does not answer."));
    }
    return result == CHANNEL_OK;
}

/* False: it was the end, or there was an error. */
static bool take_one(int channel, struct report *report, int *code, struct err *err)
{
    struct channel_message in;
    if (!receive(channel, &in, err)) {
        return false;
    }
    bool more = false;
    if (wire_type(&in) == console_end_schema.type) {
        if (report_finish(report, err)) {
            take_end(&in, code, err);
        }
    } else {
        more = take_output(&in, report, err);
    }
    channel_message_done(&in);
    return more;
}

bool talk(const char *agency, const struct command *command, struct bytes arguments,
          struct report *report, int *code, struct err *err)
{
    AUTO_CLOSE int channel = connect_to(agency, command->socket, err);
    if (channel < 0) {
        return false;
    }
    struct console_command message = {.verb = command->verb, .arguments = arguments};
    if (wire_send(channel, &console_command_schema, &message, NULL, err) != CHANNEL_OK) {
        if (err->code == ERR_NONE) {
            err_set(err, ERR_CLOSED, "%s", _("The gateway does not answer."));
        }
        return false;
    }
    while (take_one(channel, report, code, err)) {
    }
    return err->code == ERR_NONE;
}
