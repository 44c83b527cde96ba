/*
 * The permit table of a session (registry), and what its handlers share.
 */
#include "registry/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hooks/filing/filing.h"

const struct wire_permit session_permits[] = {
    {&tree_realpath_schema, WIRE_STATE_ANY, request_realpath},
    {&tree_stat_schema, WIRE_STATE_ANY, request_stat},
    {&tree_space_schema, WIRE_STATE_ANY, request_space},
    {&tree_open_schema, WIRE_STATE_ANY, request_open},
    {&tree_close_schema, WIRE_STATE_ANY, request_close},
    {&tree_open_folder_schema, WIRE_STATE_ANY, request_open_folder},
    {&tree_read_folder_schema, WIRE_STATE_ANY, request_read_folder},
    {&tree_rename_schema, WIRE_STATE_ANY, request_rename},
    {&tree_remove_schema, WIRE_STATE_ANY, request_remove},
    {&tree_make_folder_schema, WIRE_STATE_ANY, request_make_folder},
    {&tree_remove_folder_schema, WIRE_STATE_ANY, request_remove_folder},
    {&tree_set_schema, WIRE_STATE_ANY, request_set}};
const size_t session_permit_count = ARRAY_SIZE(session_permits);

bool request_begin(struct request *request, struct session *session, uint32_t id,
                   struct bytes path, bool looking)
{
    enum text reason;
    request->session = session;
    request->id = id;
    if (!session_viewer(session, &request->viewer)) {
        return false;
    }
    if (!vpath_parse(path, &request->path, &reason)) {
        if (looking) {
            request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        } else {
            request_refuse(request, TREE_FAILED, reason);
        }
        return false;
    }
    return true;
}

/* ---- requests that wait ------------------------------------------------------------------ */

enum { WAIT_TURN_MS = 20, WAIT_MS = 10 * 1000, WAITING_MAX = 16 };

struct waiting_request {
    struct session *session; /* referenced */
    int64_t until_ms;
    bool kept; /* it waits once more */
    struct channel_message in;
};

static void hear_again(void *context)
{
    struct waiting_request *waiting = context;
    struct session *session = waiting->session;
    struct err err = {0};
    waiting->kept = false;
    if (session->channel) {
        session->again = waiting;
        wire_dispatch(session_permits, session_permit_count, 1, &waiting->in, session,
                      &err);
        session->again = NULL;
    }
    if (!waiting->kept) {
        session->waiting--;
        session_release(session);
        free(waiting);
    }
}

static bool wait_anew(struct session *session, const struct channel_message *in)
{
    if (session->waiting >= WAITING_MAX) {
        return false;
    }
    struct waiting_request *waiting = malloc(sizeof *waiting);
    if (!waiting) {
        return false;
    }
    waiting->session = session_reference(session);
    waiting->until_ms = clock_monotonic_ms() + WAIT_MS;
    waiting->in.size = in->size;
    waiting->in.fd_count = 0; /* no such request brings any */
    memcpy(waiting->in.bytes, in->bytes, in->size);
    session->waiting++;
    loop_after(session->registry->loop, WAIT_TURN_MS, hear_again, waiting);
    return true;
}

bool request_wait(const struct request *request)
{
    struct session *session = request->session;
    struct waiting_request *waiting = session->again;
    if (!waiting) {
        return wait_anew(session, request->in);
    }
    if (clock_monotonic_ms() >= waiting->until_ms) {
        return false;
    }
    waiting->kept = true;
    loop_after(session->registry->loop, WAIT_TURN_MS, hear_again, waiting);
    return true;
}

void request_refuse(const struct request *request, enum tree_outcome outcome,
                    enum text reason)
{
    session_refuse(request->session, request->id, outcome, reason);
}

bool request_permitted(const struct request *request,
                       const struct policy_question *question)
{
    struct policy_decision decision =
        policy_decide(request->viewer.registry->policy, question);
    if (decision.allowed) {
        return true;
    }
    if (decision.hidden) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
    } else {
        request_refuse(request, TREE_DENIED, decision.reason);
    }
    return false;
}

bool request_may_send(const struct request *request, const struct place *place,
                      const char *name, enum policy_right right)
{
    const struct policy *policy = request->viewer.registry->policy;
    char final[CATALOGUE_NAME_SIZE];
    size_t size = strlen(name);
    struct filing filing;
    filing_is_partial(policy, name, &size);
    snprintf(final, sizeof final, "%.*s", (int)size, name);
    filing_classify(policy, final, &filing);
    struct policy_question question = tree_question(&request->viewer, place, right);
    if (filing.type_known) {
        question.document_type = policy_document_type(policy, filing.document_type).code;
    }
    return request_permitted(request, &question);
}

/* ---- changes that are answered --------------------------------------------------------- */

struct waiting_change {
    struct change change; /* first: the store hands it back */
    struct session *session;
    uint32_t id;
};

struct change *request_change(const struct request *request, enum change_kind kind)
{
    struct waiting_change *waiting = calloc(1, sizeof *waiting);
    if (!waiting) {
        die("no memory for a change");
    }
    waiting->change.kind = kind;
    strcpy(waiting->change.account, request->session->account);
    strcpy(waiting->change.address, request->session->address);
    return &waiting->change;
}

static void answer_change(struct change *change)
{
    static const enum text reasons[] = {[CHANGE_EXISTS] = TEXT_EXISTS,
                                        [CHANGE_MISSING] = TEXT_NO_SUCH,
                                        [CHANGE_FAILED] = TEXT_STORE_FAILED};
    struct waiting_change *waiting = (struct waiting_change *)change;
    if (change->result == CHANGE_DONE) {
        session_ok(waiting->session, waiting->id);
    } else {
        enum tree_outcome outcome =
            change->result == CHANGE_MISSING ? TREE_NO_SUCH : TREE_FAILED;
        session_refuse(waiting->session, waiting->id, outcome, reasons[change->result]);
    }
    session_release(waiting->session);
    free(waiting);
}

void request_submit(const struct request *request, struct change *change)
{
    struct waiting_change *waiting = (struct waiting_change *)change;
    waiting->session = session_reference(request->session);
    waiting->id = request->id;
    change->done = answer_change;
    catalogue_submit(request->viewer.registry->catalogue, change);
}
