/*
 * The decision: a chain of rules, each of which may deny; what passes all of them is allowed
 * by the right that the account's mount lists. Also what a finding means. Pure; the registry
 * asks it for every operation of every protocol, and `garita explain` shows its answers.
 *
 * SECURITY: nothing is allowed but at the end of policy_decide() and in own_things(). What a
 * client may do at most is written here and not in any file.
 */
#include <string.h>

#include "policy/inside.h"
#include "policy/serves.h"

#define BIT(right) (UINT32_C(1) << POLICY_RIGHT_##right)

enum {
    READING_RIGHTS = BIT(LIST) | BIT(READ),
    SENDING_RIGHTS = BIT(UPLOAD) | BIT(RESUME) | BIT(NEW_VERSION),
    MAKING_RIGHTS = SENDING_RIGHTS | BIT(MKDIR) /* these name what need not exist */
};

static const char *const built_in = "default";

/* What a question is about, looked up once. */
struct matter {
    const struct policy *policy;
    const struct policy_question *question;
    enum policy_kind kind;
    const struct image_mount *mount;
    const struct image_type *type; /* NULL: not named, or not one that there is */
};

static struct policy_decision allow(const char *rule)
{
    return (struct policy_decision){.allowed = true, .rule = rule};
}

static struct policy_decision deny(enum text reason, const char *rule)
{
    return (struct policy_decision){.reason = reason, .rule = rule};
}

static struct policy_decision hide(const char *rule)
{
    return (struct policy_decision){.hidden = true, .reason = TEXT_NO_SUCH, .rule = rule};
}

static bool asks_one_of(const struct policy_question *question, uint32_t rights)
{
    return rights >> question->right & 1;
}

static const char *type_place(const struct matter *matter, enum image_flag flag)
{
    return matter->type ? inside_text(matter->policy, matter->type->places[flag])
                        : built_in;
}

static bool type_says(const struct matter *matter, enum image_flag flag)
{
    return matter->type && (matter->type->flags >> flag & 1);
}

/* The top of the tree and the file that explains it: every account's, no mount needed. */
static bool own_things(const struct policy_question *question,
                       struct policy_decision *decision)
{
    if (question->view != POLICY_VIEW_ROOT && question->view != POLICY_VIEW_README) {
        return false;
    }
    bool readable = question->view == POLICY_VIEW_README;
    uint32_t rights = readable ? READING_RIGHTS : BIT(LIST);
    *decision = asks_one_of(question, rights) ? allow(built_in)
                                              : deny(TEXT_NOT_GRANTED, built_in);
    return true;
}

static const struct image_mount *find_mount(const struct policy *policy,
                                            const struct image_account *account,
                                            enum policy_view view)
{
    for (size_t i = 0; i < account->mounts.count; i++) {
        const struct image_mount *mount =
            inside_record(policy, IMAGE_MOUNTS, account->mounts.first + i);
        if (mount->view == view) {
            return mount;
        }
    }
    return NULL;
}

/* Each rule below returns true, with the denial, when it denies. */
typedef bool (*decide_rule)(const struct matter *matter,
                            struct policy_decision *decision);

/* Whatever a role's file says, a client reads its own files and expense accounts. */
static bool denies_client_more(const struct matter *matter,
                               struct policy_decision *decision)
{
    if (matter->kind != POLICY_CLIENT) {
        return false;
    }
    enum policy_view view = matter->question->view;
    if (view != POLICY_VIEW_FILES && view != POLICY_VIEW_STATEMENTS) {
        *decision = hide(built_in);
        return true;
    }
    *decision = deny(TEXT_NOT_GRANTED, built_in);
    return !asks_one_of(matter->question, READING_RIGHTS);
}

static bool denies_right(const struct matter *matter, struct policy_decision *decision)
{
    const char *place = inside_text(matter->policy, matter->mount->place);
    *decision = deny(TEXT_NOT_GRANTED, place);
    return !asks_one_of(matter->question, matter->mount->rights);
}

/* Above the clients' folders nothing can be made. */
static bool denies_without_place(const struct policy_question *question,
                                 struct policy_decision *decision)
{
    bool folder = question->right == POLICY_RIGHT_MKDIR;
    *decision = deny(folder ? TEXT_FOLDER_ELSEWHERE : TEXT_UPLOAD_ELSEWHERE, built_in);
    return question->view == POLICY_VIEW_CLIENTS && asks_one_of(question, MAKING_RIGHTS);
}

/* Whose digital file: not served is not there. For making something under a client that is
   served the reason is told, as the sender knows the operation. */
static bool denies_place(const struct matter *matter, struct policy_decision *decision)
{
    const struct policy_question *question = matter->question;
    if (!question->rfc) {
        return denies_without_place(question, decision);
    }
    struct serves_answer answer =
        serves_ask(matter->policy, question->account, question->rfc, question->aduana,
                   question->patente);
    bool told = answer.client && asks_one_of(question, MAKING_RIGHTS);
    *decision = told ? deny(TEXT_OPERATION_NOT_SERVED, answer.place) : hide(answer.place);
    return !answer.client || !answer.operation;
}

/* Expense accounts hang under the statements, everything else under the files. */
static bool denies_shelf(const struct matter *matter, struct policy_decision *decision)
{
    enum policy_view view = matter->question->view;
    bool statements = view == POLICY_VIEW_STATEMENTS;
    if (!matter->question->document_type || (!statements && view != POLICY_VIEW_FILES)) {
        return false;
    }
    *decision = hide(type_place(matter, IMAGE_EXPENSE_ACCOUNT));
    return type_says(matter, IMAGE_EXPENSE_ACCOUNT) != statements;
}

static bool denies_client_document(const struct matter *matter,
                                   struct policy_decision *decision)
{
    const struct policy_question *question = matter->question;
    if (matter->kind != POLICY_CLIENT) {
        return false;
    }
    if (question->media_type && strcmp(question->media_type, "application/pdf") != 0) {
        *decision = hide(built_in);
        return true;
    }
    *decision = hide(type_place(matter, IMAGE_CLIENT_SEES));
    return question->document_type && !type_says(matter, IMAGE_CLIENT_SEES);
}

static bool denies_correspondent_document(const struct matter *matter,
                                          struct policy_decision *decision)
{
    const struct policy_question *question = matter->question;
    if (matter->kind != POLICY_CORRESPONDENT || !question->document_type) {
        return false;
    }
    if (asks_one_of(question, SENDING_RIGHTS)) {
        const char *place = type_place(matter, IMAGE_CORRESPONDENT_SENDS);
        *decision = deny(TEXT_NOT_GRANTED, place);
        return !type_says(matter, IMAGE_CORRESPONDENT_SENDS);
    }
    *decision = hide(type_place(matter, IMAGE_CORRESPONDENT_SEES));
    return !type_says(matter, IMAGE_CORRESPONDENT_SEES);
}

static bool denies_size(const struct matter *matter, struct policy_decision *decision)
{
    const struct image_account *account = matter->question->account->record;
    *decision =
        deny(TEXT_TOO_LARGE, inside_text(matter->policy, account->max_file_place));
    return asks_one_of(matter->question, SENDING_RIGHTS) &&
           matter->question->size > account->max_file;
}

static const decide_rule rules[] = {
    denies_client_more, denies_right,           denies_place,
    denies_shelf,       denies_client_document, denies_correspondent_document,
    denies_size,
};

static const struct image_type *find_type(const struct policy *policy, const char *code)
{
    size_t index = 0;
    if (!code || !policy_document_type_find(policy, code, &index)) {
        return NULL;
    }
    return inside_record(policy, IMAGE_TYPES, index);
}

static const struct image_role *role_of(const struct policy *policy,
                                        const struct policy_account *account)
{
    return inside_record(policy, IMAGE_ROLES, account->record->role);
}

struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_question *question)
{
    struct policy_decision decision = hide(built_in);
    if (!question->account || (unsigned)question->view >= POLICY_VIEW_COUNT ||
        (unsigned)question->right >= POLICY_RIGHT_COUNT) {
        return decision;
    }
    if (own_things(question, &decision)) {
        return decision;
    }
    struct matter matter = {
        .policy = policy,
        .question = question,
        .kind = policy_account_kind(question->account),
        .mount = find_mount(policy, question->account->record, question->view),
        .type = find_type(policy, question->document_type),
    };
    if (!matter.mount) {
        return hide(inside_text(policy, role_of(policy, question->account)->place));
    }
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (rules[i](&matter, &decision)) {
            return decision;
        }
    }
    return allow(inside_text(policy, matter.mount->right_places[question->right]));
}

/* The nearest level that says something: document type, role, agency, the list itself. */
enum verdict policy_verdict(const struct policy *policy,
                            const struct policy_account *account,
                            const char *document_type, enum finding finding)
{
    const struct image_type *type = find_type(policy, document_type);
    const uint8_t *levels[] = {
        type ? type->verdicts : NULL,
        account ? role_of(policy, account)->verdicts : NULL,
        inside_agency(policy)->verdicts,
    };
    if ((unsigned)finding >= FINDING_COUNT) {
        return VERDICT_REJECT;
    }
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (levels[i] && levels[i][finding] != IMAGE_NO_VERDICT) {
            return (enum verdict)levels[i][finding];
        }
    }
    return finding_default(finding);
}
