/*
 * The registry's side of inspection. SECURITY: an inspector has read hostile bytes, so its answer
 * is about the one file that it was asked about, and can do no more than call it good or bad.
 */
#include "registry/inspections.h"

#include <string.h>

#include "base/log.h"

enum {
    ASKED_MAX = 2, /* a file whose inspector died this often is what kills them */
    AT_ONCE = 64   /* questions; a channel holds more */
};

struct inspections {
    struct loop *loop;
    struct role_channel *channel; /* NULL while inspect is gone */
    struct inspection *asked;     /* in the order in which they came */
    struct inspection **last;     /* where the next one is linked */
    unsigned under_way;
    uint64_t last_id;
    uint32_t deadline_ms;
};

struct inspections *inspections_new(struct loop *loop, struct err *err)
{
    struct inspections *inspections = calloc(1, sizeof *inspections);
    if (!inspections) {
        err_sys(err, errno, "make the table of inspections");
        return NULL;
    }
    inspections->loop = loop;
    inspections->last = &inspections->asked;
    return inspections;
}

void inspections_free(struct inspections *inspections)
{
    if (inspections) {
        role_channel_close(inspections->channel);
        free(inspections);
    }
}

void inspections_deadline(struct inspections *inspections, uint32_t deadline_ms)
{
    inspections->deadline_ms = deadline_ms;
}

static void take_out(struct inspections *inspections, struct inspection *inspection)
{
    struct inspection **link = &inspections->asked;
    while (*link != inspection) {
        link = &(*link)->next;
    }
    *link = inspection->next;
    if (!*link) {
        inspections->last = link;
    }
    inspections->under_way -= inspection->under_way;
}

static void not_inspected(void *context)
{
    struct inspection *inspection = context;
    static const uint8_t finding = FINDING_NOT_INSPECTED;
    struct inspect_answer answer = {
        .id = inspection->id, .media_type = "", .findings = {&finding, 1}, .detail = ""};
    take_out(inspection->table, inspection);
    inspection->done(inspection, &answer);
}

static void ask(struct inspections *inspections, struct inspection *inspection)
{
    struct inspect_ask question = {.id = inspection->id,
                                   .account = inspection->account,
                                   .name = inspection->name,
                                   .deadline_ms = inspections->deadline_ms};
    inspection->asked++;
    inspection->under_way = true;
    inspections->under_way++;
    role_channel_send(inspections->channel, &inspect_ask_schema, &question,
                      &inspection->fd);
}

static void ask_more(struct inspections *inspections)
{
    struct inspection *next = inspections->asked;
    while (inspections->channel && next && inspections->under_way < AT_ONCE) {
        if (!next->under_way && !next->given_up) {
            ask(inspections, next);
        }
        next = next->next;
    }
}

/* The inspect that was asked will not answer any more. */
static void forget_asked(struct inspections *inspections)
{
    inspections->under_way = 0;
    for (struct inspection *asked = inspections->asked; asked; asked = asked->next) {
        asked->under_way = false;
        if (asked->asked >= ASKED_MAX && !asked->given_up) {
            asked->given_up = true;
            loop_after(inspections->loop, 0, not_inspected, asked);
        }
    }
}

static void handle_answer(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct inspections *inspections = context;
    const struct inspect_answer *answer = message;
    for (struct inspection *asked = inspections->asked; asked; asked = asked->next) {
        if (asked->id == answer->id && asked->under_way) {
            take_out(inspections, asked);
            asked->done(asked, answer);
            ask_more(inspections);
            return;
        }
    }
    log_text(LOG_WARNING, "inspection", "an answer to nothing that was asked");
}

static const struct wire_permit permits[] = {
    {&inspect_answer_schema, WIRE_STATE_ANY, handle_answer}};

static void inspect_gone(void *context, const struct err *why)
{
    struct inspections *inspections = context;
    inspections->channel = NULL;
    log_text(LOG_WARNING, "inspect-gone", "%s", why->text);
    forget_asked(inspections);
}

void inspections_connect(struct inspections *inspections, int take_channel)
{
    struct err err = {0};
    struct role_channel_options options = {.permits = permits,
                                           .permit_count = ARRAY_SIZE(permits),
                                           .context = inspections,
                                           .closed = inspect_gone};
    /* The end of the one before may not have been heard yet. */
    role_channel_close(inspections->channel);
    forget_asked(inspections);
    inspections->channel =
        role_channel_open(inspections->loop, take_channel, &options, &err);
    if (!inspections->channel) {
        log_text(LOG_ERROR, "inspection", "%s", err.text);
        return;
    }
    ask_more(inspections);
}

void inspections_ask(struct inspections *inspections, struct inspection *inspection)
{
    inspection->id = ++inspections->last_id;
    inspection->asked = 0;
    inspection->under_way = false;
    inspection->given_up = false;
    inspection->table = inspections;
    inspection->next = NULL;
    *inspections->last = inspection;
    inspections->last = &inspection->next;
    ask_more(inspections);
}
