/*
 * The steps of intake.h, each a function that starts the next one when it is done (registry, the
 * loop's thread). An upload that is in here is `settling`: no request touches it.
 */
#include "registry/intake.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hooks/filing/filing.h"
#include "registry/inspections.h"
#include "registry/placing.h"
#include "registry/space.h"

enum { LEASE_RETRY_MS = 20 };

struct intake {
    struct registry *registry;
    struct upload *upload;
    struct session *session; /* referenced; NULL when nobody waits */
    uint32_t id;
    bool answered;
    unsigned under_way; /* of the two, sync and inspection */
    bool on_disk;       /* the bytes are synced */
    bool late;          /* the deadline passed before that */
    struct {
        finding_set findings;
        uint64_t size;
        char media_type[CATALOGUE_MEDIA_SIZE];
        uint8_t sha256[WIRE_HASH_SIZE];
    } seen; /* by the inspector */
    char address[CATALOGUE_ADDRESS_SIZE];
    struct loop_timer *deadline;
    struct change *promise; /* under way; see deadline_passed() */
    struct object_sync sync;
    struct inspection inspection;
    struct change change;
};

/* ---- the seal ---------------------------------------------------------------------- */

struct seal {
    struct registry *registry;
    struct upload *upload;
    int64_t until_ms;
    void (*done)(void *context, bool sealed);
    void *context;
};

static void try_lease(void *context)
{
    struct seal *seal = context;
    struct err err = {0};
    bool sealed = objects_lease(seal->upload->read_fd, &err);
    if (!sealed && err.code == ERR_LIMIT && clock_monotonic_ms() < seal->until_ms) {
        loop_after(seal->registry->loop, LEASE_RETRY_MS, try_lease, seal);
        return;
    }
    if (!sealed) {
        log_event(LOG_WARNING, "not-sealed", "user", seal->upload->row.account, "object",
                  seal->upload->row.object, "error", err.text, NULL);
    }
    seal->done(seal->context, sealed);
    free(seal);
}

void intake_seal(struct registry *registry, struct upload *upload,
                 void (*done)(void *context, bool sealed), void *context)
{
    struct err err = {0};
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal) {
        die("no memory to seal an upload");
    }
    *seal = (struct seal){.registry = registry,
                          .upload = upload,
                          .until_ms = clock_monotonic_ms() + INTAKE_LEASE_WAIT_MS,
                          .done = done,
                          .context = context};
    upload->settling = true;
    if (upload->read_fd < 0 && !objects_open_read(registry->objects, upload->row.object,
                                                  &upload->read_fd, &err)) {
        log_event(LOG_ERROR, "object-missing", "object", upload->row.object, "error",
                  err.text, NULL);
        done(context, false);
        free(seal);
        return;
    }
    try_lease(seal);
}

/* ---- answers ----------------------------------------------------------------------- */

static void intake_end(struct intake *intake)
{
    loop_cancel(intake->deadline);
    if (intake->promise) {
        intake->promise->context = NULL;
    }
    intake->registry->intakes--;
    if (intake->session) {
        session_release(intake->session);
    }
    free(intake);
}

static void answer(struct intake *intake, enum tree_outcome outcome, const char *reason,
                   const char *sentence)
{
    if (intake->session && !intake->answered) {
        session_status(intake->session, intake->id, outcome, reason, sentence);
    }
    intake->answered = true;
}

static void answer_text(struct intake *intake, enum tree_outcome outcome, enum text text)
{
    enum language language =
        intake->session ? session_language(intake->session) : LANGUAGE_SPANISH;
    answer(intake, outcome, outcome == TREE_OK ? "" : text_code(text),
           text_get(language, text));
}

/* The store failed us: nothing was filed, and the client is told to send it again. What was
   answered already stays in its row and is taken up at the next start. */
static void give_up(struct intake *intake, enum text reason)
{
    answer_text(intake, TREE_FAILED, reason);
    intake->upload->settling = false;
    upload_leave(intake->upload);
    intake_end(intake);
}

static void answer_settled(struct intake *intake, const struct receipt_row *receipt)
{
    static const enum text sentences[] = {[RECEIPT_FILED] = TEXT_RECEIVED_FILED,
                                          [RECEIPT_VERSION] = TEXT_RECEIVED_VERSION,
                                          [RECEIPT_ALREADY] = TEXT_RECEIVED_ALREADY,
                                          [RECEIPT_HELD] = TEXT_RECEIVED_HELD,
                                          [RECEIPT_REFUSED] = TEXT_REFUSED};
    bool decided = receipt->result == RECEIPT_HELD || receipt->result == RECEIPT_REFUSED;
    bool refused = receipt->result == RECEIPT_REFUSED;
    enum language language =
        intake->session ? session_language(intake->session) : LANGUAGE_SPANISH;
    char sentence[512];
    if (decided) {
        text_format(sentence, sizeof sentence, language, sentences[receipt->result],
                    text_finding(language, receipt->reason), receipt->folio);
    } else {
        text_format(sentence, sizeof sentence, language, sentences[receipt->result],
                    receipt->folio);
    }
    answer(intake, refused ? TREE_FAILED : TREE_OK,
           refused ? finding_code(receipt->reason) : "", sentence);
}

/* ---- the deadline ------------------------------------------------------------------ */

static void promise_written(struct change *change)
{
    struct intake *intake = change->context;
    if (intake) {
        intake->promise = NULL;
        if (change->result == CHANGE_DONE) {
            answer_text(intake, TREE_OK, TEXT_RECEIVED_VALIDATING);
        }
    }
    free(change);
}

static void promise(struct intake *intake)
{
    struct change *change = change_new(CHANGE_UPLOAD_PUT);
    change->upload = intake->upload->row;
    change->upload.state = UPLOAD_CLOSED;
    change->context = intake;
    change->done = promise_written;
    intake->promise = change;
    catalogue_submit(intake->registry->catalogue, change);
}

/* The verdict is late. OK may be said once the bytes are synced and a row says that the file waits
   for its verdict. */
static void deadline_passed(void *context)
{
    struct intake *intake = context;
    intake->deadline = NULL;
    intake->late = true;
    if (intake->on_disk) {
        promise(intake);
    }
}

/* ---- settle ------------------------------------------------------------------------ */

static void settle_done(struct change *change)
{
    struct intake *intake = change->context;
    struct registry *registry = intake->registry;
    const struct receipt_row *receipt = &change->receipt;
    bool done = change->result == CHANGE_DONE;
    if (receipt->result != RECEIPT_REFUSED) {
        space_settle(registry, receipt->account, receipt->size,
                     done && receipt->object[0] != '\0');
    }
    if (!done) {
        give_up(intake, TEXT_STORE_FAILED);
        return;
    }
    if (receipt->object[0] == '\0') {
        objects_destroy(registry->objects, intake->upload->row.object);
    }
    log_event(LOG_INFO, "upload", "user", receipt->account, "name", receipt->name,
              "result",
              receipt->result == RECEIPT_REFUSED ? "refused"
              : receipt->result == RECEIPT_HELD  ? "held"
                                                 : "filed",
              "receipt", receipt->folio, NULL);
    upload_remove(registry->uploads, intake->upload);
    answer_settled(intake, receipt);
    intake_end(intake);
}

static void settle(struct intake *intake, const struct placing *placing)
{
    const struct upload_row *row = &intake->upload->row;
    struct change *change = &intake->change;
    loop_cancel(TAKE_PTR(intake->deadline)); /* the answer is on its way */
    struct receipt_row *receipt = &change->receipt;
    placing_receipt(placing, receipt);
    strcpy(receipt->account, row->account);
    strcpy(receipt->address, intake->address);
    strcpy(receipt->folder, row->folder);
    strcpy(receipt->name, row->name);
    strcpy(receipt->object, row->object);
    receipt->modified = row->modified;
    receipt->received = clock_wall_us();
    change->kind = CHANGE_SETTLE;
    change->upload = *row;
    change->event = placing->verdict == VERDICT_ACCEPT ? "filed"
                    : placing->verdict == VERDICT_HOLD ? "held"
                                                       : "refused";
    strcpy(change->account, row->account);
    strcpy(change->address, intake->address);
    change->context = intake;
    change->done = settle_done;
    if (receipt->result != RECEIPT_REFUSED) {
        space_claim(intake->registry, receipt->account, receipt->size);
    }
    catalogue_submit(intake->registry->catalogue, change);
}

/* ---- sync and inspect, then place ------------------------------------------------------ */

/* The kernel may have dropped the pages: this object is lost and never synced again. */
static void lose(struct intake *intake)
{
    upload_drop(intake->registry, intake->upload);
    intake_end(intake);
}

static void place(struct intake *intake)
{
    struct placing placing = {.media_type = intake->seen.media_type,
                              .sha256 = intake->seen.sha256,
                              .size = intake->sync.size,
                              .findings = intake->seen.findings};
    if (intake->seen.size != intake->sync.size) {
        placing.findings |= finding_bit(FINDING_NOT_INSPECTED);
    }
    placing_decide(intake->registry, &intake->upload->row, &placing);
    settle(intake, &placing);
}

/* The inspector looks while the bytes go to disk; what it finds counts once they are there. */
static void one_done(struct intake *intake)
{
    if (--intake->under_way > 0) {
        return;
    }
    if (intake->sync.synced) {
        place(intake);
    } else {
        lose(intake);
    }
}

static void inspect_done(struct inspection *inspection,
                         const struct inspect_answer *answer)
{
    struct intake *intake = inspection->context;
    for (size_t i = 0; i < answer->findings.size; i++) {
        if (answer->findings.at[i] < FINDING_COUNT) {
            intake->seen.findings |= finding_bit(answer->findings.at[i]);
        }
    }
    /* Without a hash there is nothing to compare or to prove: such a file is never filed. */
    if (!answer->hashed) {
        intake->seen.findings |= finding_bit(FINDING_NOT_INSPECTED);
    }
    if (answer->detail[0] != '\0') {
        log_event(LOG_INFO, "inspection", "object", intake->upload->row.object, "detail",
                  answer->detail, NULL);
    }
    intake->seen.size = answer->size;
    snprintf(intake->seen.media_type, sizeof intake->seen.media_type, "%s",
             answer->media_type);
    memcpy(intake->seen.sha256, answer->sha256, sizeof intake->seen.sha256);
    one_done(intake);
}

static void sync_done(struct object_sync *sync)
{
    struct intake *intake = sync->context;
    if (sync->synced) {
        intake->upload->row.size = sync->size;
        intake->on_disk = true;
        if (intake->late) {
            promise(intake);
        }
    } else {
        log_event(LOG_ERROR, "sync-failed", "object", intake->upload->row.object, "error",
                  strerror(sync->error), NULL);
        answer_text(intake, TREE_FAILED, TEXT_STORE_FAILED);
    }
    one_done(intake);
}

static void seal_done(void *context, bool sealed)
{
    struct intake *intake = context;
    if (!sealed) {
        give_up(intake, TEXT_BUSY);
        return;
    }
    intake->under_way = 2;
    intake->sync = (struct object_sync){
        .fd = intake->upload->read_fd, .done = sync_done, .context = intake};
    objects_sync(intake->registry->objects, &intake->sync);
    intake->inspection = (struct inspection){.account = intake->upload->row.account,
                                             .name = intake->upload->row.name,
                                             .fd = intake->upload->read_fd,
                                             .done = inspect_done,
                                             .context = intake};
    inspections_ask(intake->registry->inspections, &intake->inspection);
}

void intake_begin(struct registry *registry, struct upload *upload,
                  struct session *session, uint32_t id)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake) {
        die("no memory to take in an upload");
    }
    intake->registry = registry;
    intake->upload = upload;
    intake->id = id;
    registry->intakes++;
    if (session) {
        intake->session = session_reference(session);
        snprintf(intake->address, sizeof intake->address, "%s", session->address);
        intake->deadline = loop_after(
            registry->loop,
            (int64_t)policy_limit(registry->policy, POLICY_LIMIT_VERDICT_DEADLINE_MS),
            deadline_passed, intake);
    }
    intake_seal(registry, upload, seal_done, intake);
}
