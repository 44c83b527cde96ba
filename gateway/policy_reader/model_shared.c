/*
 * What several kinds of policy files share: findings, mounts with their rights, names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "policy_reader/model.h"

const struct schema_bounds model_max_file_bounds = {1, UINT64_C(1) << 50};

static const struct schema_bounds files_bounds = {1, 1000000000};
static const struct schema_key quota_keys[] = {
    {"bytes", schema_read_size, offsetof(struct model_quota, bytes), false,
     &model_max_file_bounds},
    {"files", schema_read_number, offsetof(struct model_quota, files), false,
     &files_bounds},
};
const struct schema model_quota_schema = SCHEMA(quota_keys);

static const char *const language_words[] = {
    [LANGUAGE_SPANISH] = "es", [LANGUAGE_ENGLISH] = "en"};
const struct schema_words model_languages = {language_words, ARRAY_SIZE(language_words),
                                             "language"};

static const char *const verdict_words[] = {
    [VERDICT_ACCEPT] = "accept", [VERDICT_HOLD] = "hold", [VERDICT_REJECT] = "reject"};
static const struct schema_words verdicts = {verdict_words, ARRAY_SIZE(verdict_words),
                                             "verdict"};

static const char *const finding_words[] = {
#define FINDING(code, verdict, sentence) #code,
#include "hooks/finding/finding.def"
#undef FINDING
};
static const struct schema_words findings_known = {finding_words,
                                                   ARRAY_SIZE(finding_words), "finding"};

static const char *const view_words[] = {
#define VIEW(name, key) key,
#include "policy/views.def"
#undef VIEW
};
static const struct schema_words views = {view_words, ARRAY_SIZE(view_words), "view"};

static const char *const right_words[] = {
#define RIGHT(name, key) key,
#include "policy/rights.def"
#undef RIGHT
};
static const struct schema_words rights = {right_words, ARRAY_SIZE(right_words), "right"};

/* ---- findings ---------------------------------------------------------------------- */

void model_findings_init(struct model_findings *findings)
{
    memset(findings->verdicts, IMAGE_NO_VERDICT, sizeof findings->verdicts);
}

void model_findings_read(const struct schema_context *context, const struct node *value,
                         const struct schema_key *key, void *field)
{
    (void)key;
    struct model_findings *findings = field;
    if (!schema_expect(context, value, NODE_MAP, "a map of findings and verdicts")) {
        return;
    }
    for (const struct node *item = value->first; item; item = item->next) {
        const struct schema_key verdict_key = {.detail = &verdicts};
        struct schema_number verdict = {0};
        size_t finding = 0;
        bool known =
            schema_word(context, item->key, item->key->text, &findings_known, &finding);
        schema_read_word(context, item, &verdict_key, &verdict);
        if (known && verdict.at) {
            findings->verdicts[finding] = (uint8_t)verdict.value;
        }
    }
}

/* ---- mounts ------------------------------------------------------------------------ */

bool model_is_stem(const char *text)
{
    size_t size = strlen(text);
    size_t allowed = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return text[0] >= 'a' && text[0] <= 'z' && allowed == size && size <= 64;
}

/* One segment of a path that every client's system can make. LEEME.txt hangs beside it. */
static bool is_mount_name(const char *text)
{
    size_t size = strlen(text);
    size_t allowed = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return size > 0 && allowed == size && size <= 64 && text[0] != '.' &&
           text[size - 1] != '.' && strcmp(text, "leeme.txt") != 0;
}

static void read_rights(const struct schema_context *context, const struct node *value,
                        const struct schema_key *key, void *field)
{
    (void)key;
    struct model_mount *mount = field;
    if (!schema_expect(context, value, NODE_LIST, "a list of rights")) {
        return;
    }
    mount->list_at = value;
    for (const struct node *item = value->first; item; item = item->next) {
        size_t right = 0;
        if (!schema_expect(context, item, NODE_SCALAR, "a right") ||
            !schema_word(context, item, item->text, &rights, &right)) {
            continue;
        }
        if (mount->rights >> right & 1) {
            complaints_add(context->complaints, node_place(item),
                           "the right \"%s\" stands here a second time", item->text);
        }
        mount->rights |= UINT32_C(1) << right;
        mount->right_at[right] = item;
    }
}

static const struct schema_key role_mount_keys[] = {
    {"view", schema_read_word, offsetof(struct model_mount, view), true, &views},
    {"rights", read_rights, 0, true, NULL},
};
static const struct schema role_mount = SCHEMA(role_mount_keys);
static const struct schema_key account_mount_keys[] = {
    {"rights", read_rights, 0, true, NULL},
};
static const struct schema account_mount = SCHEMA(account_mount_keys);

static void check_role_mount(const struct schema_context *context,
                             const struct model_mount *mount)
{
    const struct node *at = mount->view.at;
    if (at && (mount->view.value == POLICY_VIEW_ROOT ||
               mount->view.value == POLICY_VIEW_README)) {
        complaints_add(context->complaints, node_place(at),
                       "the view \"%s\" is every account's own and is not mounted",
                       at->text);
    }
    if (mount->list_at && mount->list_at->count == 0) {
        complaints_add(context->complaints, node_place(mount->list_at),
                       "the list is empty");
    }
}

static int compare_mounts(const void *left, const void *right)
{
    const struct model_mount *a = left;
    const struct model_mount *b = right;
    return strcmp(a->name.text, b->name.text);
}

void model_mounts_read(const struct schema_context *context, const struct node *value,
                       const struct schema_key *key, void *field)
{
    bool in_role = *(const bool *)key->detail;
    struct schema_list *list = field;
    if (!schema_expect(context, value, NODE_MAP, "a map of folders and their views")) {
        return;
    }
    if (value->count > IMAGE_MOUNTS_MAX) {
        complaints_add(context->complaints, node_place(value),
                       "more than %d folders are mounted", IMAGE_MOUNTS_MAX);
        return;
    }
    struct model_mount *mounts =
        arena_take_array(context->arena, value->count, sizeof *mounts);
    if (!mounts) {
        return;
    }
    size_t count = 0;
    for (const struct node *item = value->first; item; item = item->next) {
        struct model_mount *mount = &mounts[count++];
        mount->name = (struct schema_text){.text = item->key->text, .at = item->key};
        schema_read(context, item, in_role ? &role_mount : &account_mount, mount);
        if (in_role && !is_mount_name(item->key->text)) {
            complaints_add(context->complaints, node_place(item->key),
                           "\"%s\" is no folder's name here: lower-case letters, digits, "
                           "'.', '-', '_'",
                           complaints_quote(item->key->text).text);
        }
        if (in_role) {
            check_role_mount(context, mount);
        }
    }
    qsort(mounts, count, sizeof *mounts, compare_mounts);
    *list = (struct schema_list){.items = mounts, .count = count, .at = value};
}
