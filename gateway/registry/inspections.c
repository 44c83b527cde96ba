/*
 * The registry's side of inspection. SECURITY: an inspector has read hostile bytes, so its answer
 * is about the one file that it was asked about, and can do no more than call it good or bad.
 */
#include "registry/inspections.h"

#include <string.h>

#include "base/log.h"

/* A file whose inspector died this often is what kills them. */
enum { ASKED_MAX = 2 };

struct inspections {
    struct loop *loop;
    struct role_channel *channel; /* NULL while inspect is gone */
    struct inspection *asked;
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
    role_channel_send(inspections->channel, &inspect_ask_schema, &question,
                      &inspection->fd);
}

static void handle_answer(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct inspections *inspections = context;
    const struct inspect_answer *answer = message;
    for (struct inspection *asked = inspections->asked; asked; asked = asked->next) {
        if (asked->id == answer->id) {
            take_out(inspections, asked);
            asked->done(asked, answer);
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
    for (struct inspection *asked = inspections->asked, *next; asked; asked = next) {
        next = asked->next;
        if (asked->asked >= ASKED_MAX) {
            loop_after(inspections->loop, 0, not_inspected, asked);
        }
    }
}

void inspections_connect(struct inspections *inspections, int take_channel)
{
    struct err err = {0};
    struct role_channel_options options = {.permits = permits,
                                           .permit_count = ARRAY_SIZE(permits),
                                           .context = inspections,
                                           .closed = inspect_gone};
    role_channel_close(inspections->channel);
    inspections->channel =
        role_channel_open(inspections->loop, take_channel, &options, &err);
    if (!inspections->channel) {
        log_text(LOG_ERROR, "inspection", "%s", err.text);
        return;
    }
    for (struct inspection *asked = inspections->asked; asked; asked = asked->next) {
        if (asked->asked < ASKED_MAX) {
            ask(inspections, asked);
        }
    }
}

void inspections_ask(struct inspections *inspections, struct inspection *inspection)
{
    inspection->id = ++inspections->last_id;
    inspection->asked = 0;
    inspection->table = inspections;
    inspection->next = inspections->asked;
    inspections->asked = inspection;
    if (inspections->channel) {
        ask(inspections, inspection);
    }
}
