/*
 * Goes through the files of a policy: parses each, reads it by its schema, keeps the result.
 */
#include <string.h>

#include "base/auto.h"
#include "policy_reader/model.h"

struct reading {
    const struct schema_context *context;
    struct model *model;
};

/* Lists have room for every file; count grows as they come. */
static bool make_room(const struct schema_context *context, size_t files, size_t size,
                      struct schema_list *list)
{
    list->items = arena_take_array(context->arena, files + 1, size);
    return list->items != NULL;
}

static void check_stem(const struct schema_context *context,
                       const struct source_file *file)
{
    if (!model_is_stem(file->stem)) {
        struct complaint_place place = {.file = file->path};
        complaints_add(context->complaints, place,
                       "\"%s\" is no name here: a lower-case letter, then at most 63 "
                       "lower-case letters, digits, '.', '-', '_'",
                       complaints_quote(file->stem).text);
    }
}

static void take_garita(struct reading *reading, const struct source_file *file,
                        const struct node *root)
{
    (void)file;
    if (root) {
        model_read_garita(reading->context, root, &reading->model->garita);
    }
}

static void take_types(struct reading *reading, const struct source_file *file,
                       const struct node *root)
{
    (void)file;
    if (root) {
        model_read_types(reading->context, root, &reading->model->types);
    }
}

static void take_rules(struct reading *reading, const struct source_file *file,
                       const struct node *root)
{
    (void)file;
    if (root) {
        model_read_rules(reading->context, root, &reading->model->rules);
    }
}

static void take_role(struct reading *reading, const struct source_file *file,
                      const struct node *root)
{
    struct schema_list *list = &reading->model->roles;
    struct model_role *role = (struct model_role *)list->items + list->count++;
    role->file = file;
    role->root = root;
    check_stem(reading->context, file);
    if (root) {
        model_read_role(reading->context, root, role);
    }
}

static void take_client(struct reading *reading, const struct source_file *file,
                        const struct node *root)
{
    struct schema_list *list = &reading->model->clients;
    struct model_client *client = (struct model_client *)list->items + list->count++;
    client->file = file;
    client->root = root;
    if (root) {
        model_read_client(reading->context, root, client);
    }
}

static void take_account(struct reading *reading, const struct source_file *file,
                         const struct node *root)
{
    struct schema_list *list = &reading->model->accounts;
    struct model_account *account = (struct model_account *)list->items + list->count++;
    account->file = file;
    account->root = root;
    check_stem(reading->context, file);
    if (root) {
        model_read_account(reading->context, root, account);
    }
}

static void (*const takers[SOURCE_KIND_COUNT])(struct reading *reading,
                                               const struct source_file *file,
                                               const struct node *root) = {
    [SOURCE_GARITA] = take_garita, [SOURCE_DOCUMENT_TYPES] = take_types,
    [SOURCE_NAMES] = take_rules,   [SOURCE_ROLE] = take_role,
    [SOURCE_CLIENT] = take_client, [SOURCE_ACCOUNT] = take_account,
};

bool model_read(const struct schema_context *context, const struct sources *sources,
                struct model *model)
{
    struct reading reading = {.context = context, .model = model};
    memset(model, 0, sizeof *model);
    if (!make_room(context, sources->count, sizeof(struct model_role), &model->roles) ||
        !make_room(context, sources->count, sizeof(struct model_client),
                   &model->clients) ||
        !make_room(context, sources->count, sizeof(struct model_account),
                   &model->accounts)) {
        return false;
    }
    for (size_t i = 0; i < sources->count; i++) {
        const struct source_file *file = sources->files[i];
        const struct node *root = node_parse(file, context->arena, context->complaints);
        takers[file->kind](&reading, file, root);
    }
    return !context->arena->failed;
}
