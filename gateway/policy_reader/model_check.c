/*
 * What files say of each other: names that must exist, things that must not stand twice, and
 * accounts that may narrow their role and never widen it.
 *
 * SECURITY: an account's rights are its role's, less what its own file leaves out.
 */
#include <stdlib.h>
#include <string.h>

#include "policy_reader/model.h"

/* ---- looking up -------------------------------------------------------------------- */

static struct model_role *find_role(const struct model *model, const char *name)
{
    struct model_role *roles = model->roles.items;
    for (size_t i = 0; i < model->roles.count; i++) {
        if (strcmp(roles[i].file->stem, name) == 0) {
            return &roles[i];
        }
    }
    return NULL;
}

static const char *client_rfc(const struct model_client *client)
{
    return client->rfc.at ? client->rfc.text : "";
}

static int compare_clients(const void *left, const void *right)
{
    const struct model_client *a = left;
    const struct model_client *b = right;
    int order = strcmp(client_rfc(a), client_rfc(b));
    return order ? order : strcmp(a->file->path, b->file->path);
}

static int compare_rfc(const void *rfc, const void *client)
{
    return strcmp(rfc, client_rfc(client));
}

static const char *type_code(const struct model_type *type)
{
    return type->code.at ? type->code.text : "";
}

static int compare_types(const void *left, const void *right)
{
    const struct model_type *a = left;
    const struct model_type *b = right;
    int order = strcmp(type_code(a), type_code(b));
    return order ? order
                 : (a->root->line > b->root->line) - (a->root->line < b->root->line);
}

static int compare_code(const void *code, const void *type)
{
    return strcmp(code, type_code(type));
}

static void sort(struct schema_list *list, size_t size,
                 int (*compare)(const void *, const void *))
{
    if (list->count > 1) {
        qsort(list->items, list->count, size, compare);
    }
}

static const void *search(const char *key, const struct schema_list *list, size_t size,
                          int (*compare)(const void *, const void *))
{
    return list->count > 0 ? bsearch(key, list->items, list->count, size, compare) : NULL;
}

/* ---- clients ----------------------------------------------------------------------- */

static void check_clients(const struct schema_context *context, struct model *model)
{
    sort(&model->clients, sizeof(struct model_client), compare_clients);
    struct model_client *clients = model->clients.items;
    for (size_t i = 0; i < model->clients.count; i++) {
        clients[i].index = (uint32_t)i;
        const struct model_client *before = i > 0 ? &clients[i - 1] : NULL;
        if (before && before->rfc.at && clients[i].rfc.at &&
            strcmp(before->rfc.text, clients[i].rfc.text) == 0) {
            complaints_add(context->complaints, node_place(clients[i].rfc.at),
                           "the RFC %s is already that of %s", clients[i].rfc.text,
                           before->file->path);
        }
    }
}

/* A client whose file could not be read may be the one that is meant: no complaint then. */
static bool some_client_unknown(const struct model *model)
{
    return model->clients.count > 0 &&
           !((const struct model_client *)model->clients.items)[0].rfc.at;
}

static const struct model_client *resolve_client(const struct schema_context *context,
                                                 const struct model *model,
                                                 const struct schema_text *rfc)
{
    if (!rfc->at) {
        return NULL;
    }
    const struct model_client *found =
        search(rfc->text, &model->clients, sizeof *found, compare_rfc);
    if (found || some_client_unknown(model) ||
        context->complaints->count == COMPLAINTS_MAX) {
        return found;
    }
    struct complaint_guess guess = {.wrong = rfc->text};
    const struct model_client *clients = model->clients.items;
    for (size_t i = 0; i < model->clients.count; i++) {
        complaints_guess(&guess, client_rfc(&clients[i]));
    }
    complaints_add(context->complaints, node_place(rfc->at),
                   "no file in clients/ has the RFC %s%s", rfc->text,
                   complaints_guessed(&guess).text);
    return NULL;
}

/* ---- accounts ---------------------------------------------------------------------- */

static const struct model_role *resolve_role(const struct schema_context *context,
                                             const struct model *model,
                                             const struct schema_text *name)
{
    const struct model_role *found = name->at ? find_role(model, name->text) : NULL;
    if (found || !name->at) {
        return found;
    }
    struct complaint_guess guess = {.wrong = name->text};
    const struct model_role *roles = model->roles.items;
    for (size_t i = 0; i < model->roles.count; i++) {
        complaints_guess(&guess, roles[i].file->stem);
    }
    complaints_add(context->complaints, node_place(name->at),
                   "there is no roles/%s.yaml%s", complaints_quote(name->text).text,
                   complaints_guessed(&guess).text);
    return NULL;
}

/* A kind needs one of `serves` and `client`, or neither. */
static void check_key_of_kind(const struct schema_context *context,
                              const struct model_account *account, enum policy_kind kind,
                              const struct node *at, const char *key)
{
    bool needed = account->resolved->kind.value == kind;
    if (needed && !at) {
        complaints_add(context->complaints, node_place(account->root),
                       "the key \"%s\" is missing: the role \"%s\" is a %s's", key,
                       account->resolved->file->stem, account->resolved->kind.at->text);
    } else if (!needed && at) {
        complaints_add(context->complaints, node_place(at->key),
                       "an account of the role \"%s\", kind \"%s\", has no \"%s\"",
                       account->resolved->file->stem, account->resolved->kind.at->text,
                       key);
    }
}

static const struct node *value_of(const struct node *map, const char *key)
{
    const struct node *value = map->kind == NODE_MAP ? map->first : NULL;
    while (value && strcmp(value->key->text, key) != 0) {
        value = value->next;
    }
    return value;
}

static void check_clients_of(const struct schema_context *context,
                             const struct model *model, struct model_account *account)
{
    if (account->resolved && account->resolved->kind.at) {
        check_key_of_kind(context, account, POLICY_CORRESPONDENT,
                          value_of(account->root, "serves"), "serves");
        check_key_of_kind(context, account, POLICY_CLIENT,
                          value_of(account->root, "client"), "client");
    }
    account->own = resolve_client(context, model, &account->client);
    struct model_service *services = account->serves.items;
    for (size_t i = 0; i < account->serves.count; i++) {
        services[i].resolved = resolve_client(context, model, &services[i].client);
    }
}

static struct model_mount *find_mount(const struct schema_list *list, const char *name)
{
    struct model_mount *mounts = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(mounts[i].name.text, name) == 0) {
            return &mounts[i];
        }
    }
    return NULL;
}

static void complain_of_mount(const struct schema_context *context,
                              const struct model_account *account,
                              const struct model_mount *mount)
{
    const struct schema_list *views = &account->resolved->views;
    const struct model_mount *mounts = views->items;
    struct complaint_guess guess = {.wrong = mount->name.text};
    for (size_t i = 0; i < views->count; i++) {
        complaints_guess(&guess, mounts[i].name.text);
    }
    complaints_add(context->complaints, node_place(mount->name.at),
                   "the role \"%s\" has no folder \"%s\"%s",
                   account->resolved->file->stem, complaints_quote(mount->name.text).text,
                   complaints_guessed(&guess).text);
}

static void check_narrowing(const struct schema_context *context,
                            const struct model_account *account,
                            const struct model_mount *wanted)
{
    const struct model_mount *granted =
        find_mount(&account->resolved->views, wanted->name.text);
    if (!granted) {
        complain_of_mount(context, account, wanted);
        return;
    }
    for (size_t right = 0; right < POLICY_RIGHT_COUNT; right++) {
        const struct node *at = wanted->right_at[right];
        if (at && !(granted->rights >> right & 1)) {
            complaints_add(context->complaints, node_place(at),
                           "the role \"%s\" does not grant \"%s\" in \"%s\"; an account "
                           "can only take rights away",
                           account->resolved->file->stem, at->text, wanted->name.text);
        }
    }
}

/* The role's mount with the account's rights and their places. */
static void narrow(struct model_mount *mount, const struct model_mount *narrower)
{
    mount->rights &= narrower->rights;
    mount->list_at = narrower->list_at;
    memcpy(mount->right_at, narrower->right_at, sizeof mount->right_at);
}

static void narrow_mounts(const struct schema_context *context,
                          struct model_account *account)
{
    const struct schema_list *granted = &account->resolved->views;
    const struct model_mount *from = granted->items;
    struct model_mount *kept =
        arena_take_array(context->arena, granted->count + 1, sizeof *kept);
    if (!kept) {
        return;
    }
    account->mounts = (struct schema_list){.items = kept, .at = account->views.at};
    for (size_t i = 0; i < granted->count; i++) {
        struct model_mount *mount = &kept[account->mounts.count];
        const struct model_mount *narrower =
            find_mount(&account->views, from[i].name.text);
        *mount = from[i];
        if (narrower) {
            narrow(mount, narrower);
        }
        if (mount->rights != 0) {
            account->mounts.count++;
        }
    }
    account->narrowed = true;
}

static void check_views_of(const struct schema_context *context,
                           struct model_account *account)
{
    const struct model_mount *wanted = account->views.items;
    if (!account->resolved || !account->resolved->root) {
        return;
    }
    account->mounts = account->resolved->views;
    for (size_t i = 0; i < account->views.count; i++) {
        check_narrowing(context, account, &wanted[i]);
    }
    if (account->views.count > 0) {
        narrow_mounts(context, account);
    }
}

/* 0 in the role is no limit: an account may set any. */
static void check_narrower(const struct schema_context *context,
                           const struct model_role *role,
                           const struct schema_number *wanted,
                           const struct schema_number *allowed)
{
    if (wanted->at && allowed->value > 0 && wanted->value > allowed->value) {
        complaints_add(
            context->complaints, node_place(wanted->at),
            "larger than the role \"%s\" allows; an account can only narrow it",
            role->file->stem);
    }
}

static void check_account(const struct schema_context *context, const struct model *model,
                          struct model_account *account)
{
    const struct model_role *role = resolve_role(context, model, &account->role);
    account->resolved = role;
    check_clients_of(context, model, account);
    check_views_of(context, account);
    if (role) {
        check_narrower(context, role, &account->max_file, &role->max_file);
        check_narrower(context, role, &account->quota.bytes, &role->quota.bytes);
        check_narrower(context, role, &account->quota.files, &role->quota.files);
    }
}

/* ---- document types ---------------------------------------------------------------- */

static void check_types(const struct schema_context *context, struct model *model)
{
    sort(&model->types, sizeof(struct model_type), compare_types);
    struct model_type *types = model->types.items;
    for (size_t i = 0; i < model->types.count; i++) {
        types[i].index = (uint32_t)i;
        if (i > 0 && types[i].code.at && types[i - 1].code.at &&
            strcmp(types[i].code.text, types[i - 1].code.text) == 0) {
            complaints_add(context->complaints, node_place(types[i].code.at),
                           "the document type %s stands in line %u already",
                           types[i].code.text, types[i - 1].code.at->line);
        }
    }
}

static void check_rule(const struct schema_context *context, const struct model *model,
                       struct model_rule *rule)
{
    if (!rule->type.at || model->types.count == 0) {
        return;
    }
    rule->resolved =
        search(rule->type.text, &model->types, sizeof *rule->resolved, compare_code);
    if (rule->resolved) {
        return;
    }
    struct complaint_guess guess = {.wrong = rule->type.text};
    const struct model_type *types = model->types.items;
    for (size_t i = 0; i < model->types.count; i++) {
        complaints_guess(&guess, type_code(&types[i]));
    }
    complaints_add(context->complaints, node_place(rule->type.at),
                   "there is no document type %s%s", rule->type.text,
                   complaints_guessed(&guess).text);
}

void model_check(const struct schema_context *context, struct model *model)
{
    check_clients(context, model);
    check_types(context, model);
    struct model_role *roles = model->roles.items;
    for (size_t i = 0; i < model->roles.count; i++) {
        roles[i].index = (uint32_t)i;
    }
    struct model_account *accounts = model->accounts.items;
    for (size_t i = 0; i < model->accounts.count; i++) {
        if (accounts[i].root) {
            check_account(context, model, &accounts[i]);
        }
    }
    struct model_rule *rules = model->rules.items;
    for (size_t i = 0; i < model->rules.count; i++) {
        check_rule(context, model, &rules[i]);
    }
}
