/*
 * The decision, case by case, and what findings mean on each level.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "policy/inside.h"
#include "support/policy_small.h"

#define PDF "application/pdf"
#define ACME "ACM010101AB1"
#define BETA "BET020202CD2"
#define OTHER "OÑO120726RX3"

static struct policy *policy;

static int map_policy(void **state)
{
    (void)state;
    policy = policy_files_map(policy_small, ARRAY_SIZE(policy_small));
    return policy ? 0 : -1;
}

static int free_policy(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

enum answer { ALLOWED, REFUSED, HIDDEN };

struct row {
    const char *account;
    enum policy_view view;
    enum policy_right right;
    const char *rfc;
    const char *aduana;
    const char *patente;
    const char *type;
    const char *media;
    uint64_t size;
    enum answer answer;
    enum text reason; /* of REFUSED; HIDDEN is always NO_SUCH */
    const char *rule; /* NULL: not looked at */
    const char *why;
};

#define V(view) POLICY_VIEW_##view
#define R(right) POLICY_RIGHT_##right
#define ANY NULL, NULL, NULL, NULL, NULL, 0
#define AT_ACME ACME, "240", "3420"
#define GIB (UINT64_C(1) << 30)

/* clang-format off */
static const struct row rows[] = {
    {"sica", V(ROOT), R(LIST), ANY, ALLOWED, 0, "default", "the top is everybody's"},
    {"sica", V(README), R(READ), ANY, ALLOWED, 0, "default", "so is LEEME.txt"},
    {"sica", V(README), R(LIST), ANY, ALLOWED, 0, "default", "and its attributes"},
    {"laredo", V(ROOT), R(READ), ANY, REFUSED, TEXT_NOT_GRANTED, "default", "a folder"},
    {"laredo", V(ROOT), R(UPLOAD), ANY, REFUSED, TEXT_NOT_GRANTED, "default", "not there"},
    {"laredo", V(ROOT), R(MKDIR), ANY, REFUSED, TEXT_NOT_GRANTED, "default", "not there"},
    {"laredo", V(README), R(UPLOAD), ANY, REFUSED, TEXT_NOT_GRANTED, "default", "is ours"},
    {"laredo", V(README), R(REMOVE), ANY, REFUSED, TEXT_NOT_GRANTED, "default", "is ours"},

    {"sica", V(INBOX), R(LIST), ANY, HIDDEN, 0, "roles/sistema.yaml:1:1", "no mount"},
    {"laredo", V(FILES), R(LIST), ANY, HIDDEN, 0, "roles/corresponsal.yaml:4:3",
     "a view of other roles"},
    {"laredo", V(HELD), R(LIST), ANY, HIDDEN, 0, NULL, "a view that the role has not"},
    {"laredo", V(INBOX), R(LIST), ANY, ALLOWED, 0, "roles/corresponsal.yaml:4:35", "granted"},
    {"laredo", V(INBOX), R(READ), ANY, REFUSED, TEXT_NOT_GRANTED,
     "roles/corresponsal.yaml:4:34", "the list of rights has no read"},
    {"laredo", V(RECEIPTS), R(REMOVE), ANY, REFUSED, TEXT_NOT_GRANTED, NULL, "not listed"},
    {"todo", V(RECEIPTS), R(LIST), ANY, HIDDEN, 0, NULL, "the account gave the mount up"},
    {"todo", V(CLIENTS), R(LIST), ANY, ALLOWED, 0, "accounts/todo.yaml:6:23",
     "what the account left"},
    {"todo", V(CLIENTS), R(READ), AT_ACME, NULL, NULL, 0, REFUSED, TEXT_NOT_GRANTED,
     "accounts/todo.yaml:6:22", "what it took away"},

    {"laredo", V(CLIENTS), R(LIST), ACME, NULL, NULL, NULL, NULL, 0, ALLOWED, 0,
     "roles/corresponsal.yaml:7:14", "a client's folder"},
    {"laredo", V(CLIENTS), R(LIST), AT_ACME, NULL, NULL, 0, ALLOWED, 0, NULL, "an operation"},
    {"laredo", V(CLIENTS), R(LIST), OTHER, NULL, NULL, NULL, NULL, 0, HIDDEN, 0,
     "accounts/laredo.yaml:3:3", "a client that it does not serve"},
    {"laredo", V(CLIENTS), R(UPLOAD), OTHER, "240", "3420", NULL, NULL, 0, HIDDEN, 0, NULL,
     "not even for uploads is it there"},
    {"laredo", V(CLIENTS), R(MKDIR), OTHER, "240", "3420", NULL, NULL, 0, HIDDEN, 0, NULL,
     "nor for folders"},
    {"laredo", V(CLIENTS), R(LIST), "XAXX010101000", NULL, NULL, NULL, NULL, 0, HIDDEN, 0,
     NULL, "no such client looks the same"},
    {"laredo", V(CLIENTS), R(READ), ACME, "160", "3420", NULL, NULL, 0, HIDDEN, 0, NULL,
     "an operation of another aduana"},
    {"laredo", V(CLIENTS), R(RENAME), ACME, "160", "3420", NULL, NULL, 0, HIDDEN, 0, NULL,
     "what cannot be seen cannot be renamed"},
    {"laredo", V(CLIENTS), R(MKDIR), ACME, "160", "3420", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, "accounts/laredo.yaml:6:13", "the sender is told"},
    {"laredo", V(CLIENTS), R(MKDIR), ACME, "240", "9999", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, NULL, "another patente"},
    {"laredo", V(CLIENTS), R(UPLOAD), ACME, "160", "3420", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, NULL, "the same for uploads"},
    {"laredo", V(CLIENTS), R(NEW_VERSION), ACME, "160", "3420", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, NULL, "or it would tell what is there"},
    {"laredo", V(CLIENTS), R(RESUME), ACME, "160", "3420", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, NULL, "or it would tell what is there"},
    {"laredo", V(CLIENTS), R(MKDIR), AT_ACME, NULL, NULL, 0, ALLOWED, 0, NULL, "served"},
    {"laredo", V(CLIENTS), R(MKDIR), BETA, "430", "9999", NULL, NULL, 0, ALLOWED, 0, NULL,
     "the second service for a client"},
    {"laredo", V(CLIENTS), R(UPLOAD), ANY, REFUSED, TEXT_UPLOAD_ELSEWHERE, "default",
     "above the clients"},
    {"laredo", V(CLIENTS), R(MKDIR), ANY, REFUSED, TEXT_FOLDER_ELSEWHERE, "default",
     "above the clients"},

    {"laredo", V(INBOX), R(UPLOAD), ANY, ALLOWED, 0, NULL, "filed later"},
    {"laredo", V(INBOX), R(UPLOAD), AT_ACME, "PEDIMENTO", NULL, 5, ALLOWED, 0, NULL, "filed"},
    {"laredo", V(INBOX), R(UPLOAD), OTHER, "240", "3420", NULL, NULL, 0, HIDDEN, 0, NULL,
     "the drop box is no way around"},
    {"laredo", V(INBOX), R(UPLOAD), ACME, "160", "3420", NULL, NULL, 0, REFUSED,
     TEXT_OPERATION_NOT_SERVED, NULL, "the drop box is no way around"},

    {"laredo", V(CLIENTS), R(READ), AT_ACME, "PEDIMENTO", PDF, 0, ALLOWED, 0, NULL, "sees it"},
    {"laredo", V(CLIENTS), R(READ), AT_ACME, "FACTURA", "text/xml", 0, ALLOWED, 0, NULL,
     "of any format"},
    {"laredo", V(CLIENTS), R(READ), AT_ACME, "CUENTA_GASTOS", PDF, 0, HIDDEN, 0,
     "document-types.yaml:3:3", "the agency's own; nothing says that it may be seen"},
    {"laredo", V(CLIENTS), R(LIST), AT_ACME, "CONTRATO", PDF, 0, HIDDEN, 0, NULL,
     "sent, not seen"},
    {"laredo", V(CLIENTS), R(SETSTAT), AT_ACME, "CONTRATO", NULL, 0, HIDDEN, 0, NULL,
     "not seen"},
    {"laredo", V(CLIENTS), R(READ), AT_ACME, "NINGUNO", PDF, 0, HIDDEN, 0, "default",
     "a type that the policy does not know any more"},
    {"laredo", V(CLIENTS), R(UPLOAD), AT_ACME, "CONTRATO", NULL, 0, ALLOWED, 0, NULL,
     "sends what it does not see"},
    {"laredo", V(CLIENTS), R(UPLOAD), AT_ACME, "CUENTA_GASTOS", NULL, 0, REFUSED,
     TEXT_NOT_GRANTED, NULL, "the agency's own"},
    {"laredo", V(CLIENTS), R(NEW_VERSION), AT_ACME, "CUENTA_GASTOS", NULL, 0, REFUSED,
     TEXT_NOT_GRANTED, NULL, "the agency's own"},
    {"laredo", V(CLIENTS), R(UPLOAD), AT_ACME, "NINGUNO", NULL, 0, REFUSED,
     TEXT_NOT_GRANTED, "default", "an unknown type"},
    {"laredo", V(CLIENTS), R(UPLOAD), AT_ACME, NULL, NULL, GIB, ALLOWED, 0, NULL, "just fits"},
    {"laredo", V(CLIENTS), R(UPLOAD), AT_ACME, NULL, NULL, GIB + 1, REFUSED, TEXT_TOO_LARGE,
     "roles/corresponsal.yaml:2:11", "one byte too many"},
    {"laredo", V(CLIENTS), R(RESUME), AT_ACME, NULL, NULL, GIB + 1, REFUSED, TEXT_TOO_LARGE,
     NULL, "grown too large"},
    {"laredo", V(CLIENTS), R(NEW_VERSION), AT_ACME, NULL, NULL, UINT64_MAX, REFUSED,
     TEXT_TOO_LARGE, NULL, "largest there is"},
    {"laredo", V(CLIENTS), R(READ), AT_ACME, NULL, NULL, GIB + 1, ALLOWED, 0, NULL,
     "reading has no limit"},
    {"todo", V(INBOX), R(UPLOAD), NULL, NULL, NULL, NULL, NULL, 1001, REFUSED,
     TEXT_TOO_LARGE, "accounts/todo.yaml:3:11", "the account's own limit"},

    {"acme", V(FILES), R(LIST), ANY, ALLOWED, 0, NULL, "its own files"},
    {"acme", V(FILES), R(READ), AT_ACME, "PEDIMENTO", PDF, 0, ALLOWED, 0, NULL, "a PDF"},
    {"acme", V(FILES), R(LIST), ACME, "470", "3807", "PEDIMENTO", PDF, 0, ALLOWED, 0, NULL,
     "of any aduana"},
    {"acme", V(FILES), R(READ), BETA, "160", "3420", "PEDIMENTO", PDF, 0, HIDDEN, 0, NULL,
     "another client's"},
    {"acme", V(FILES), R(LIST), BETA, NULL, NULL, NULL, NULL, 0, HIDDEN, 0, NULL,
     "another client's folder"},
    {"acme", V(FILES), R(READ), AT_ACME, "M3", "text/plain", 0, HIDDEN, 0, "default",
     "clients see PDFs alone"},
    {"acme", V(FILES), R(READ), AT_ACME, "PEDIMENTO", "application/pdfx", 0, HIDDEN, 0,
     "default", "nearly a PDF"},
    {"acme", V(FILES), R(READ), AT_ACME, "FACTURA", PDF, 0, HIDDEN, 0, NULL,
     "a type that clients do not see"},
    {"acme", V(FILES), R(READ), AT_ACME, "NINGUNO", PDF, 0, HIDDEN, 0, NULL, "unknown type"},
    {"acme", V(FILES), R(READ), AT_ACME, "CUENTA_GASTOS", PDF, 0, HIDDEN, 0,
     "document-types.yaml:4:21", "hangs under the statements"},
    {"acme", V(STATEMENTS), R(READ), AT_ACME, "CUENTA_GASTOS", PDF, 0, ALLOWED, 0,
     "roles/cliente.yaml:4:46", "here"},
    {"acme", V(STATEMENTS), R(READ), AT_ACME, "PEDIMENTO", PDF, 0, HIDDEN, 0, NULL,
     "does not hang here"},
    {"acme", V(FILES), R(UPLOAD), AT_ACME, NULL, NULL, 0, REFUSED, TEXT_NOT_GRANTED,
     "default", "clients never send"},
    {"acme", V(FILES), R(REMOVE), AT_ACME, "PEDIMENTO", PDF, 0, REFUSED, TEXT_NOT_GRANTED,
     "default", "nor remove"},
    {"acme", V(STATEMENTS), R(SETSTAT), ANY, REFUSED, TEXT_NOT_GRANTED, NULL, "nor touch"},
    {"acme", V(CLIENTS), R(LIST), ANY, HIDDEN, 0, NULL, "no such mount"},
};
/* clang-format on */

static struct policy_question question_of(const struct row *row)
{
    return (struct policy_question){
        .account = policy_account_find(policy, row->account),
        .view = row->view,
        .right = row->right,
        .rfc = row->rfc,
        .aduana = row->aduana,
        .patente = row->patente,
        .document_type = row->type,
        .media_type = row->media,
        .size = row->size,
    };
}

static bool as_expected(const struct row *row, const struct policy_decision *decision)
{
    bool reason =
        row->answer == ALLOWED ||
        decision->reason == (row->answer == HIDDEN ? TEXT_NO_SUCH : row->reason);
    return decision->allowed == (row->answer == ALLOWED) &&
           decision->hidden == (row->answer == HIDDEN) && reason && decision->rule[0] &&
           (!row->rule || strcmp(row->rule, decision->rule) == 0);
}

static void policy_decide_each_case_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct policy_question question = question_of(&rows[i]);
        assert_non_null(question.account);
        struct policy_decision decision = policy_decide(policy, &question);
        if (!as_expected(&rows[i], &decision)) {
            fail_msg("row %zu (%s): allowed %d, hidden %d, reason %d, rule %s", i,
                     rows[i].why, decision.allowed, decision.hidden, (int)decision.reason,
                     decision.rule);
        }
    }
}

static void policy_decide_without_account_hides_everything(void **state)
{
    (void)state;
    for (int view = 0; view < POLICY_VIEW_COUNT; view++) {
        struct policy_question question = {.view = (enum policy_view)view};
        struct policy_decision decision = policy_decide(policy, &question);
        assert_true(!decision.allowed && decision.hidden);
    }
}

/* A view or right that does not exist must not index anything. */
static void policy_decide_refuses_impossible_questions(void **state)
{
    (void)state;
    struct policy_question question = {.account = policy_account_find(policy, "laredo"),
                                       .view = POLICY_VIEW_COUNT};
    assert_false(policy_decide(policy, &question).allowed);
    question.view = POLICY_VIEW_CLIENTS;
    question.right = POLICY_RIGHT_COUNT;
    assert_false(policy_decide(policy, &question).allowed);
    question.right = (enum policy_right) - 1;
    assert_false(policy_decide(policy, &question).allowed);
}

/* SECURITY: an image that grants a client everything in its views still only lets it read. */
static void policy_decide_keeps_clients_reading_whatever_the_image_grants(void **state)
{
    (void)state;
    struct buf image;
    struct err err = {0};
    assert_true(policy_files_image(policy_small, ARRAY_SIZE(policy_small), &image));
    struct bytes view = buf_view(&image);
    AUTO_FREE uint8_t *bytes = malloc(view.size);
    assert_non_null(bytes);
    memcpy(bytes, view.at, view.size);
    struct image_header *header = (struct image_header *)(void *)bytes;
    struct image_range mounts = header->sections[IMAGE_MOUNTS];
    for (size_t i = 0; i < mounts.count; i++) {
        struct image_mount *mount =
            (struct image_mount *)(void *)(bytes + mounts.first) + i;
        mount->rights = (UINT32_C(1) << POLICY_RIGHT_COUNT) - 1;
    }
    header->version = image_digest((struct bytes){bytes, view.size});
    AUTO(policy)
    generous = policy_files_of_image((struct bytes){bytes, view.size}, &err);
    buf_done(&image);
    assert_non_null(generous);
    for (int right = 0; right < POLICY_RIGHT_COUNT; right++) {
        struct policy_question question = {.account =
                                               policy_account_find(generous, "acme"),
                                           .view = POLICY_VIEW_FILES,
                                           .right = (enum policy_right)right};
        bool reads = right == POLICY_RIGHT_LIST || right == POLICY_RIGHT_READ;
        assert_int_equal(policy_decide(generous, &question).allowed, reads);
    }
}

static const struct {
    const char *account;
    const char *type;
    enum finding finding;
    enum verdict verdict;
    const char *why;
} verdict_rows[] = {
    {NULL, NULL, FINDING_PDF_SCRIPT, VERDICT_HOLD, "the list's own"},
    {NULL, NULL, FINDING_PDF_XFA, VERDICT_REJECT, "the agency's"},
    {"acme", NULL, FINDING_PDF_XFA, VERDICT_REJECT, "a role that says nothing"},
    {"laredo", NULL, FINDING_PDF_XFA, VERDICT_ACCEPT, "role over agency"},
    {"laredo", "PEDIMENTO", FINDING_PDF_PASSWORD, VERDICT_ACCEPT, "a type says nothing"},
    {"laredo", NULL, FINDING_EMPTY, VERDICT_HOLD, "role over agency, stricter or not"},
    {"laredo", "FACTURA", FINDING_EMPTY, VERDICT_ACCEPT, "type over role"},
    {NULL, "FACTURA", FINDING_EMPTY, VERDICT_ACCEPT, "type over agency"},
    {"laredo", "NINGUNO", FINDING_EMPTY, VERDICT_HOLD, "an unknown type says nothing"},
    {"laredo", NULL, FINDING_EXECUTABLE, VERDICT_REJECT, "the list's own"},
};

static void policy_verdict_is_that_of_the_nearest_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(verdict_rows); i++) {
        const char *name = verdict_rows[i].account;
        const struct policy_account *account =
            name ? policy_account_find(policy, name) : NULL;
        enum verdict verdict = policy_verdict(policy, account, verdict_rows[i].type,
                                              verdict_rows[i].finding);
        if (verdict != verdict_rows[i].verdict) {
            fail_msg("row %zu: %s", i, verdict_rows[i].why);
        }
    }
    assert_int_equal(policy_verdict(policy, NULL, NULL, FINDING_COUNT), VERDICT_REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_decide_each_case_as_the_table_says),
        cmocka_unit_test(policy_decide_without_account_hides_everything),
        cmocka_unit_test(policy_decide_refuses_impossible_questions),
        cmocka_unit_test(policy_decide_keeps_clients_reading_whatever_the_image_grants),
        cmocka_unit_test(policy_verdict_is_that_of_the_nearest_level),
    };
    return cmocka_run_group_tests(tests, map_policy, free_policy);
}
