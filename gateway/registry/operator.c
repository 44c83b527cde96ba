/*
 * The console's calls (registry). SECURITY: the supervisor passes on who calls (SO_PEERCRED); the
 * policy says who may. Nothing here changes anything.
 */
#include "registry/operator.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "registry/ledger.h"
#include "registry/session.h"
#include "wire/console.h"

enum {
    OPERATOR_ARGUMENTS_MAX = 4,
    LEDGER_STEP = 500, /* entries verified or shown in one turn of the loop */
    SHOWN_MAX = 200    /* entries that `ledger show` gives without an argument */
};

struct operator_call {
    struct registry *registry;
    struct role_channel *channel;
    struct loop_timer *next;
    uint32_t uid;
    struct ledger_walk walk;
    int64_t shown; /* last sequence number */
    size_t argument_count;
    const char *arguments[OPERATOR_ARGUMENTS_MAX]; /* during the command only */
};

/* ---- answers ----------------------------------------------------------------------- */

static void print(struct operator_call *call, const char *text)
{
    struct console_output output = {.text = text};
    role_channel_send(call->channel, &console_output_schema, &output, NULL);
}

static void print_buf(struct operator_call *call, struct buf *text)
{
    buf_put_u8(text, '\0');
    print(call, text->failed ? "(too long)" : (const char *)buf_view(text).at);
    buf_done(text);
}

static void end(struct operator_call *call, uint8_t code, const char *text)
{
    struct console_end message = {.code = code, .text = text};
    role_channel_send(call->channel, &console_end_schema, &message, NULL);
}

static void ask_on(struct operator_call *call, void (*step)(void *context))
{
    call->next = loop_after(call->registry->loop, 0, step, call);
}

/* ---- the ledger -------------------------------------------------------------------- */

static void verify_step(void *context)
{
    struct operator_call *call = context;
    char text[160], hash[2 * WIRE_HASH_SIZE + 1];
    call->next = NULL;
    ledger_verify(call->registry->catalogue, &call->walk, LEDGER_STEP);
    if (!call->walk.finished && !call->walk.broken) {
        ask_on(call, verify_step);
        return;
    }
    hex_encode((struct bytes){call->walk.hash, sizeof call->walk.hash}, hash,
               sizeof hash);
    if (call->walk.broken) {
        snprintf(text, sizeof text,
                 "broken: entry %" PRId64 " does not follow from %" PRId64,
                 call->walk.sequence + 1, call->walk.sequence);
        end(call, 1, text);
    } else {
        snprintf(text, sizeof text, "whole: %" PRId64 " entries, head %s",
                 call->walk.sequence, hash);
        print(call, text);
        end(call, 0, "");
    }
}

static void do_ledger_verify(struct operator_call *call)
{
    call->walk = (struct ledger_walk){0};
    verify_step(call);
}

static void show_step(void *context)
{
    struct operator_call *call = context;
    struct ledger_entry rows[32];
    struct buf text;
    call->next = NULL;
    size_t count =
        ledger_read(call->registry->catalogue, call->shown, rows, ARRAY_SIZE(rows));
    if (count == 0) {
        end(call, 0, "");
        return;
    }
    buf_init(&text, CHANNEL_MESSAGE_MAX);
    for (size_t i = 0; i < count; i++) {
        ledger_format(&rows[i], &text);
    }
    call->shown = rows[count - 1].sequence;
    print_buf(call, &text);
    ask_on(call, show_step);
}

static void do_ledger_show(struct operator_call *call)
{
    if (call->argument_count > 0) {
        call->shown = strtoll(call->arguments[0], NULL, 10) - 1;
    } else {
        int64_t last = ledger_last(call->registry->catalogue);
        call->shown = last > SHOWN_MAX ? last - SHOWN_MAX : 0;
    }
    show_step(call);
}

/* ---- looking things up --------------------------------------------------------------- */

static void do_status(struct operator_call *call)
{
    const struct registry *registry = call->registry;
    struct buf text;
    unsigned sessions = 0;
    for (struct session *session = registry->sessions; session; session = session->next) {
        sessions += session->account[0] != '\0';
    }
    buf_init(&text, CHANNEL_MESSAGE_MAX);
    buf_printf(&text, "what\tvalue\n");
    buf_printf(&text, "policy\t%016" PRIx64 "\n", policy_version(registry->policy));
    buf_printf(&text, "sessions\t%u\n", sessions);
    buf_printf(&text, "uploads being taken in\t%zu\n", registry->intakes);
    buf_printf(&text, "ledger entries\t%" PRId64 "\n", ledger_last(registry->catalogue));
    print_buf(call, &text);
    end(call, 0, "");
}

static void do_receipt_show(struct operator_call *call)
{
    struct receipt_row receipt;
    if (call->argument_count < 1 ||
        !catalogue_receipt_find(call->registry->catalogue, call->arguments[0],
                                &receipt)) {
        end(call, 1, "no such receipt");
        return;
    }
    struct viewer viewer = {call->registry,
                            policy_account_find(call->registry->policy, receipt.account)};
    struct node node = {.kind = NODE_RECEIPT, .receipt = receipt};
    struct buf text;
    if (!viewer.account) {
        end(call, 1, "the account of this receipt is no longer in the policy");
        return;
    }
    buf_init(&text, CHANNEL_MESSAGE_MAX);
    tree_text(&viewer, &node, &text);
    print_buf(call, &text);
    end(call, 0, "");
}

static void put_operation(struct registry *registry, const struct operation_row *row,
                          struct buf *text)
{
    struct document_row documents[16];
    char name[OPERATION_NAME_MAX], when[CLOCK_TEXT_MAX];
    const char *after = "";
    size_t count, total = 0;
    while ((count = catalogue_documents(registry->catalogue, row->id, after, documents,
                                        ARRAY_SIZE(documents))) > 0) {
        total += count;
        after = documents[count - 1].name;
    }
    operation_key_format(&row->key, name);
    buf_printf(text, "%s\t%zu\t%s\n", name, total, clock_format_utc(row->created, when));
}

static void do_operation_list(struct operator_call *call)
{
    int years[32];
    struct operation_row rows[32];
    struct buf text;
    const char *rfc = call->argument_count > 0 ? call->arguments[0] : "";
    buf_init(&text, CHANNEL_MESSAGE_MAX);
    buf_printf(&text, "operation\tdocuments\topened\n");
    size_t count =
        catalogue_years(call->registry->catalogue, rfc, 0, years, ARRAY_SIZE(years));
    for (size_t i = 0; i < count; i++) {
        char after[OPERATION_NAME_MAX] = "";
        size_t found;
        while ((found = catalogue_operations(call->registry->catalogue, rfc, years[i],
                                             after, rows, ARRAY_SIZE(rows))) > 0) {
            for (size_t j = 0; j < found; j++) {
                put_operation(call->registry, &rows[j], &text);
            }
            operation_key_format(&rows[found - 1].key, after);
        }
    }
    print_buf(call, &text);
    end(call, 0, "");
}

/* ---- the call ---------------------------------------------------------------------- */

static const struct {
    const char *verb;
    void (*run)(struct operator_call *call);
} verbs[] = {{"ledger verify", do_ledger_verify},
             {"ledger show", do_ledger_show},
             {"status", do_status},
             {"receipt show", do_receipt_show},
             {"operation list", do_operation_list}};

static void split_arguments(struct operator_call *call, struct bytes arguments)
{
    call->argument_count = 0;
    while (arguments.size > 0 && call->argument_count < OPERATOR_ARGUMENTS_MAX) {
        const uint8_t *end_of = memchr(arguments.at, '\0', arguments.size);
        if (!end_of) {
            return;
        }
        call->arguments[call->argument_count++] = (const char *)arguments.at;
        size_t used = (size_t)(end_of - arguments.at) + 1;
        arguments = (struct bytes){arguments.at + used, arguments.size - used};
    }
}

static void handle_command(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct operator_call *call = context;
    const struct console_command *command = message;
    if (call->uid != 0 && !policy_operator(call->registry->policy, call->uid)) {
        end(call, 1, "this user is not an operator (operators: in garita.yaml)");
        return;
    }
    if (call->next) {
        return; /* one command at a time */
    }
    split_arguments(call, command->arguments);
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].verb, command->verb) == 0) {
            verbs[i].run(call);
            return;
        }
    }
    end(call, 2, "unknown command");
}

static const struct wire_permit permits[] = {
    {&console_command_schema, WIRE_STATE_ANY, handle_command}};

static void call_closed(void *context, const struct err *why)
{
    (void)why;
    struct operator_call *call = context;
    loop_cancel(call->next);
    free(call);
}

void operator_open(struct registry *registry, const struct role_peer *peer,
                   int take_channel)
{
    struct err err = {0};
    struct operator_call *call = calloc(1, sizeof *call);
    if (!call) {
        close(take_channel);
        return;
    }
    struct role_channel_options options = {.permits = permits,
                                           .permit_count = ARRAY_SIZE(permits),
                                           .context = call,
                                           .closed = call_closed};
    call->registry = registry;
    call->uid = peer->uid;
    call->channel = role_channel_open(registry->loop, take_channel, &options, &err);
    if (!call->channel) {
        log_text(LOG_ERROR, "console", "%s", err.text);
        free(call);
    }
}
