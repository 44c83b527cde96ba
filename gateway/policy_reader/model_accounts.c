/*
 * roles/, clients/ and accounts/: what one file of each says by itself.
 */
#include <string.h>

#include "base/auto.h"
#include "policy/rfc.h"
#include "policy_reader/model.h"

/* ---- forms ------------------------------------------------------------------------- */

static bool are_digits(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789") == count;
}

static bool is_aduana(const char *text)
{
    return are_digits(text, 3);
}

static bool is_patente(const char *text)
{
    return are_digits(text, 4);
}

static const struct schema_form rfc_form = {
    rfc_is_well_formed, "an RFC in capitals, without hyphens (such as ACM010101AB1)"};
static const struct schema_form aduana_form = {is_aduana,
                                               "an aduana with section, three digits"};
static const struct schema_form patente_form = {is_patente, "a patente, four digits"};
static const struct schema_form role_form = {model_is_stem, "the name of a role"};

/* ---- roles ------------------------------------------------------------------------- */

static const char *const kind_words[] = {
    [POLICY_CORRESPONDENT] = "correspondent",
    [POLICY_CLIENT] = "client",
    [POLICY_SYSTEM] = "system",
    [POLICY_STAFF] = "staff",
    [POLICY_MANAGER] = "manager",
};
static const struct schema_words kinds = {kind_words, ARRAY_SIZE(kind_words), "kind"};

static const bool views_of_role = true;
static const struct schema_key role_keys[] = {
    {"kind", schema_read_word, offsetof(struct model_role, kind), true, &kinds},
    {"views", model_mounts_read, offsetof(struct model_role, views), false,
     &views_of_role},
    {"max_file", schema_read_size, offsetof(struct model_role, max_file), false,
     &model_max_file_bounds},
    {"quota", schema_read_map, offsetof(struct model_role, quota), false,
     &model_quota_schema},
    {"findings", model_findings_read, offsetof(struct model_role, findings), false, NULL},
};
static const struct schema role_schema = SCHEMA(role_keys);

#define VIEW_BIT(view) (UINT32_C(1) << POLICY_VIEW_##view)

/* What an account of a kind can have: a client sees what is published to it; the others but
   correspondents have no clients, and folders of clients would be empty. */
static const struct kind_bounds {
    uint32_t views;
    uint32_t rights;
} bounds_of_kind[] = {
    [POLICY_CORRESPONDENT] = {VIEW_BIT(INBOX) | VIEW_BIT(CLIENTS) | VIEW_BIT(HELD) |
                                  VIEW_BIT(RECEIPTS),
                              UINT32_MAX},
    [POLICY_CLIENT] = {VIEW_BIT(FILES) | VIEW_BIT(STATEMENTS),
                       UINT32_C(1) << POLICY_RIGHT_LIST | UINT32_C(1)
                                                              << POLICY_RIGHT_READ},
    [POLICY_SYSTEM] = {VIEW_BIT(HELD) | VIEW_BIT(RECEIPTS), UINT32_MAX},
    [POLICY_STAFF] = {VIEW_BIT(HELD) | VIEW_BIT(RECEIPTS), UINT32_MAX},
    [POLICY_MANAGER] = {VIEW_BIT(HELD) | VIEW_BIT(RECEIPTS), UINT32_MAX},
};

static void check_mount(const struct schema_context *context,
                        const struct model_role *role, const struct model_mount *mount)
{
    const struct kind_bounds *bounds = &bounds_of_kind[role->kind.value];
    const char *kind = kind_words[role->kind.value];
    bool ours = mount->view.at && mount->view.value != POLICY_VIEW_ROOT &&
                mount->view.value != POLICY_VIEW_README;
    if (ours && !(bounds->views >> mount->view.value & 1)) {
        complaints_add(context->complaints, node_place(mount->view.at),
                       "a role of kind \"%s\" cannot have the view \"%s\"", kind,
                       mount->view.at->text);
    }
    for (size_t right = 0; right < POLICY_RIGHT_COUNT; right++) {
        const struct node *at = mount->right_at[right];
        if (at && !(bounds->rights >> right & 1)) {
            complaints_add(context->complaints, node_place(at),
                           "a role of kind \"%s\" cannot have the right \"%s\"", kind,
                           at->text);
        }
    }
}

static void check_views_differ(const struct schema_context *context,
                               const struct schema_list *views)
{
    const struct model_mount *mounts = views->items;
    const struct node *first[POLICY_VIEW_COUNT] = {NULL};
    for (size_t i = 0; i < views->count; i++) {
        const struct node *at = mounts[i].view.at;
        if (!at) {
            continue;
        }
        const struct node **seen = &first[mounts[i].view.value];
        if (*seen) {
            const struct node *later = at->line > (*seen)->line ? at : *seen;
            complaints_add(context->complaints, node_place(later),
                           "the view \"%s\" is mounted a second time", at->text);
        }
        *seen = at;
    }
}

void model_read_role(const struct schema_context *context, const struct node *root,
                     struct model_role *role)
{
    model_findings_init(&role->findings);
    role->max_file.value = UINT64_C(2) << 30;
    schema_read(context, root, &role_schema, role);
    const struct model_mount *mounts = role->views.items;
    for (size_t i = 0; role->kind.at && i < role->views.count; i++) {
        check_mount(context, role, &mounts[i]);
    }
    check_views_differ(context, &role->views);
}

/* ---- clients ----------------------------------------------------------------------- */

static const struct schema_key client_keys[] = {
    {"rfc", schema_read_text, offsetof(struct model_client, rfc), true, &rfc_form},
    {"name", schema_read_text, offsetof(struct model_client, name), true, NULL},
};
static const struct schema client_schema = SCHEMA(client_keys);

void model_read_client(const struct schema_context *context, const struct node *root,
                       struct model_client *client)
{
    schema_read(context, root, &client_schema, client);
}

/* ---- accounts ---------------------------------------------------------------------- */

static const struct schema_key aduana_each = {.read = schema_read_text,
                                              .detail = &aduana_form};
static const struct schema_items aduanas = {sizeof(struct schema_text), &aduana_each, 0,
                                            1000};
static const struct schema_key patente_each = {.read = schema_read_text,
                                               .detail = &patente_form};
static const struct schema_items patentes = {sizeof(struct schema_text), &patente_each, 0,
                                             1000};

static const struct schema_key service_keys[] = {
    {"client", schema_read_text, offsetof(struct model_service, client), true, &rfc_form},
    {"aduanas", schema_read_list, offsetof(struct model_service, aduanas), false,
     &aduanas},
    {"patentes", schema_read_list, offsetof(struct model_service, patentes), false,
     &patentes},
};
static const struct schema service_schema = SCHEMA(service_keys);
static const struct schema_key service_each = {.read = schema_read_map,
                                               .detail = &service_schema};
static const struct schema_items services = {sizeof(struct model_service), &service_each,
                                             0, 0};

static const bool views_of_account = false;
static const struct schema_key account_keys[] = {
    {"role", schema_read_text, offsetof(struct model_account, role), true, &role_form},
    {"language", schema_read_word, offsetof(struct model_account, language), false,
     &model_languages},
    {"client", schema_read_text, offsetof(struct model_account, client), false,
     &rfc_form},
    {"serves", schema_read_list, offsetof(struct model_account, serves), false,
     &services},
    {"views", model_mounts_read, offsetof(struct model_account, views), false,
     &views_of_account},
    {"max_file", schema_read_size, offsetof(struct model_account, max_file), false,
     &model_max_file_bounds},
    {"quota", schema_read_map, offsetof(struct model_account, quota), false,
     &model_quota_schema},
};
static const struct schema account_schema = SCHEMA(account_keys);

void model_read_account(const struct schema_context *context, const struct node *root,
                        struct model_account *account)
{
    account->language.value = LANGUAGE_SPANISH;
    schema_read(context, root, &account_schema, account);
}
