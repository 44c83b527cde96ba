/*
 * The operators' commands: one call of the console is one channel, one command, one answer. The
 * supervisor takes the user of the call from the kernel and hands on only those who may; who
 * may is decided here once more. Every change becomes a fact in the ledger, with the operator's
 * user and never a secret.
 */
#include "auth/operator.h"

#include <stdio.h>

#include "auth/operator_table.h"
#include "auth/signed_data.h"
#include "base/log.h"
#include "base/reader.h"
#include "wire/console.h"

enum {
    STATE_ASKING = 1,
    STATE_ANSWERING = 2,
    ARGUMENTS_MAX = 2,
    TABLE_MAX = 128 * 1024, /* bytes of a table: what a channel holds unread */
    OUTPUT_MAX = 30 * 1024, /* bytes of it in one message */
    CODE_DONE = 0,
    CODE_FAILED = 1
};

/* A call, and while a password is hashed also the worker's job. */
struct call {
    struct worker_job job;
    struct gate *gate;
    struct role_channel *channel; /* NULL: the console left */
    bool hashing;
    uint32_t uid;
    char account[SIGNED_DATA_USER_SIZE];
    char phc[PASSWORD_PHC_SIZE];
    size_t password_size;
    uint8_t password[PASSWORD_MAX];
    struct err err;
};

struct command {
    const char *verb;
    size_t arguments; /* exactly so many */
    bool for_account; /* the first names an account of the policy */
    bool changes;
    void (*run)(struct call *call, const char *const *arguments);
};

static void on_command(void *context, const void *message, struct channel_message *in);

/* Whom I hear. */
static const struct wire_permit permits[] = {
    {&console_command_schema, STATE_ASKING, on_command},
};

/* ---- answers ----------------------------------------------------------------------- */

static void call_free(struct call *call)
{
    role_channel_close(call->channel);
    explicit_bzero(call->password, sizeof call->password);
    explicit_bzero(call->phc, sizeof call->phc);
    free(call);
}

/* Ends the call; the channel closes when the console has read and left. */
static void finish(struct call *call, int code, const char *text)
{
    struct console_end end = {.code = (uint8_t)code, .text = text};
    if (call->channel) {
        role_channel_send(call->channel, &console_end_schema, &end, NULL);
    }
}

/* As many whole lines as fit in size bytes. */
static size_t whole_lines(struct bytes rows, size_t size)
{
    if (rows.size <= size) {
        return rows.size;
    }
    while (size > 0 && rows.at[size - 1] != '\n') {
        size--;
    }
    if (size == 0) {
        bug("a row of more than %d bytes", OUTPUT_MAX);
    }
    return size;
}

static bool put_part(struct call *call, struct bytes header, struct bytes rows)
{
    char text[OUTPUT_MAX + 1];
    snprintf(text, sizeof text, "%.*s%.*s", (int)header.size, (const char *)header.at,
             (int)rows.size, (const char *)rows.at);
    struct console_output output = {.text = text};
    return role_channel_send(call->channel, &console_output_schema, &output, NULL);
}

/* Sends a table in messages that end with a whole line, each under the same first line. */
static void put_table(struct call *call, const struct buf *table)
{
    if (table->failed) {
        finish(call, CODE_FAILED, "The answer is too long.");
        return;
    }
    struct bytes view = buf_view(table);
    struct reader rest = reader_of(view);
    const uint8_t *end = memchr(view.at, '\n', view.size);
    struct bytes header = reader_take(&rest, (size_t)(end - view.at) + 1);
    do {
        size_t size = whole_lines(rest.rest, OUTPUT_MAX - header.size);
        if (!put_part(call, header, reader_take(&rest, size))) {
            return;
        }
    } while (rest.rest.size > 0);
    finish(call, CODE_DONE, "");
}

static void note(struct call *call, const char *kind, const char *what)
{
    char detail[160];
    snprintf(detail, sizeof detail, "action=%s operator_uid=%u", what,
             (unsigned)call->uid);
    log_event(LOG_INFO, "account_changed", "account", call->account, "detail", detail,
              NULL);
    gate_tell(call->gate, kind, call->account, "console", detail);
}

/* ---- commands ---------------------------------------------------------------------- */

static void run_list(struct call *call, const char *const *arguments)
{
    (void)arguments;
    struct buf table;
    buf_init(&table, TABLE_MAX);
    operator_table_accounts(call->gate, &table);
    put_table(call, &table);
    buf_done(&table);
}

static void run_show(struct call *call, const char *const *arguments)
{
    struct buf table;
    buf_init(&table, TABLE_MAX);
    operator_table_account(call->gate, arguments[0], &table);
    put_table(call, &table);
    buf_done(&table);
}

static void hash_run(struct worker_job *job)
{
    struct call *call = (struct call *)(void *)job;
    password_hash((struct bytes){call->password, call->password_size}, call->phc,
                  &call->err);
}

static void hash_done(struct worker_job *job)
{
    struct call *call = (struct call *)(void *)job;
    call->hashing = false;
    explicit_bzero(call->password, sizeof call->password);
    if (!call->channel) { /* the operator did not wait: nothing is changed */
        call_free(call);
        return;
    }
    struct err err = call->err;
    if (err.code == ERR_NONE &&
        credentials_set_password(call->gate->credentials, call->account, call->phc,
                                 &err)) {
        note(call, "CREDENTIAL", "password_set");
        finish(call, CODE_DONE, "The password was set.");
    } else {
        finish(call, CODE_FAILED, err.text);
    }
}

static void run_password(struct call *call, const char *const *arguments)
{
    struct bytes password = bytes_of_text(arguments[1]);
    struct err err = {0};
    if (!password_acceptable(password, &err)) {
        finish(call, CODE_FAILED, err.text);
        return;
    }
    memcpy(call->password, password.at, password.size);
    call->password_size = password.size;
    call->hashing = true;
    call->job = (struct worker_job){.run = hash_run, .done = hash_done};
    workers_submit(call->gate->hashers, &call->job);
}

static void run_key_add(struct call *call, const char *const *arguments)
{
    struct key_line line;
    struct err err = {0};
    if (!key_line_parse(arguments[1], &line, &err) ||
        !credentials_add_key(call->gate->credentials, call->account, &line, &err)) {
        finish(call, CODE_FAILED, err.text);
        return;
    }
    char fingerprint[KEY_FINGERPRINT_SIZE];
    char what[KEY_FINGERPRINT_SIZE + 16];
    key_fingerprint((struct bytes){line.blob, line.blob_size}, fingerprint);
    snprintf(what, sizeof what, "key_added key=%s", fingerprint);
    note(call, "CREDENTIAL", what);
    finish(call, CODE_DONE, "The key was added.");
}

static void run_key_remove(struct call *call, const char *const *arguments)
{
    struct err err = {0};
    if (!credentials_remove_key(call->gate->credentials, call->account, arguments[1],
                                &err)) {
        finish(call, CODE_FAILED, err.text);
        return;
    }
    char what[KEY_FINGERPRINT_SIZE + 16];
    snprintf(what, sizeof what, "key_removed key=%s", arguments[1]);
    note(call, "CREDENTIAL", what);
    finish(call, CODE_DONE, "The key was removed.");
}

static void set_disabled(struct call *call, bool disabled)
{
    struct err err = {0};
    if (!credentials_set_disabled(call->gate->credentials, call->account, disabled,
                                  &err)) {
        finish(call, CODE_FAILED, err.text);
        return;
    }
    note(call, "ACCOUNT", disabled ? "disabled" : "enabled");
    finish(call, CODE_DONE,
           disabled ? "The account was disabled." : "The account was enabled.");
}

static void run_disable(struct call *call, const char *const *arguments)
{
    (void)arguments;
    set_disabled(call, true);
}

static void run_enable(struct call *call, const char *const *arguments)
{
    (void)arguments;
    set_disabled(call, false);
}

static const struct command commands[] = {
    {"account list", 0, false, false, run_list},
    {"account show", 1, true, false, run_show},
    {"account password", 2, true, true, run_password},
    {"account key add", 2, true, true, run_key_add},
    {"account key remove", 2, true, true, run_key_remove},
    {"account disable", 1, true, true, run_disable},
    {"account enable", 1, true, true, run_enable},
};

/* ---- the call ---------------------------------------------------------------------- */

static const struct command *find_command(const char *verb)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].verb, verb) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* Splits NUL-terminated texts; borrows. False: more than there may be, or an open end. */
static bool split(struct bytes bytes, const char *arguments[ARGUMENTS_MAX], size_t *count)
{
    struct reader reader = reader_of(bytes);
    for (*count = 0; reader.rest.size > 0; (*count)++) {
        const char *text = (const char *)reader.rest.at;
        size_t length = strnlen(text, reader.rest.size);
        if (*count == ARGUMENTS_MAX || length == reader.rest.size) {
            return false;
        }
        arguments[*count] = text;
        reader_take(&reader, length + 1);
    }
    return true;
}

static bool may_command(const struct call *call)
{
    return call->uid == 0 || call->uid == call->gate->owner ||
           policy_operator(call->gate->policy, call->uid);
}

/* NULL: it may run; else the sentence that says why not. */
static const char *refusal(struct call *call, const struct command *command,
                           const char *const *arguments, size_t count)
{
    if (!may_command(call)) {
        return "You may not use the console of this gateway.";
    }
    if (!command || command->arguments != count) {
        return "The gateway does not know this command.";
    }
    if (!command->for_account) {
        return NULL;
    }
    if (!signed_data_user(bytes_of_text(arguments[0]), call->account) ||
        !policy_account_find(call->gate->policy, call->account)) {
        return "The policy has no account of this name.";
    }
    /* What cannot enter the ledger is not done. */
    if (command->changes && !call->gate->registry) {
        return "The registry is away; nothing was changed. Try again in a moment.";
    }
    return NULL;
}

static void on_command(void *context, const void *message, struct channel_message *in)
{
    struct call *call = context;
    const struct console_command *asked = message;
    const struct command *command = find_command(asked->verb);
    const char *arguments[ARGUMENTS_MAX] = {NULL};
    size_t count = 0;
    role_channel_state(call->channel, STATE_ANSWERING);
    const char *wrong = split(asked->arguments, arguments, &count)
                            ? refusal(call, command, arguments, count)
                            : "The gateway does not know this command.";
    if (wrong) {
        char uid[16];
        snprintf(uid, sizeof uid, "%u", (unsigned)call->uid);
        log_event(LOG_WARNING, "command_refused", "uid", uid, "command", asked->verb,
                  "reason", wrong, NULL);
        finish(call, CODE_FAILED, wrong);
    } else {
        command->run(call, arguments);
    }
    explicit_bzero(in->bytes, in->size); /* there may be a password in it */
}

static void on_closed(void *context, const struct err *why)
{
    (void)why;
    struct call *call = context;
    call->channel = NULL;
    if (!call->hashing) {
        call_free(call);
    }
}

void operator_add(struct gate *gate, uint32_t uid, int take_channel)
{
    AUTO_CLOSE int channel = take_channel;
    struct call *call = calloc(1, sizeof *call);
    if (!call) {
        log_event(LOG_ERROR, "call_refused", NULL);
        return;
    }
    call->gate = gate;
    call->uid = uid;
    struct role_channel_options options = {.permits = permits,
                                           .permit_count = ARRAY_SIZE(permits),
                                           .context = call,
                                           .closed = on_closed};
    struct err err = {0};
    call->channel = role_channel_open(gate->loop, TAKE_FD(channel), &options, &err);
    if (!call->channel) {
        log_event(LOG_ERROR, "call_refused", "error", err.text, NULL);
        call_free(call);
    }
}
