/*
 * One function a record: model in, record out. Sections are gathered in buffers of their own
 * and put together at the end.
 */
#include "policy_reader/image_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_reader/strings.h"

enum { PLACE_MAX = 400 };

struct writing {
    const struct model *model;
    struct arena *arena;
    struct strings strings;
    struct buf sections[IMAGE_SECTION_COUNT];
    struct image_range *role_mounts; /* by role */
};

static void put_record(struct writing *writing, enum image_section section,
                       const void *record)
{
    buf_put(&writing->sections[section], record, image_record_size(section));
}

static uint32_t next_index(const struct writing *writing, enum image_section section)
{
    size_t size = buf_size(&writing->sections[section]);
    return (uint32_t)(size / image_record_size(section));
}

static uint32_t put_text(struct writing *writing, const char *text)
{
    return strings_put(&writing->strings, text);
}

/* Where a value stands; "default" for one that no file says. */
static uint32_t put_place(struct writing *writing, const struct node *at)
{
    char place[PLACE_MAX] = "default";
    if (at) {
        snprintf(place, sizeof place, "%s:%u:%u", at->file->path, at->line, at->column);
    }
    return put_text(writing, place);
}

static struct image_range put_texts(struct writing *writing,
                                    const struct schema_list *list)
{
    const struct schema_text *texts = list->items;
    struct image_range range = {next_index(writing, IMAGE_TEXTS), (uint32_t)list->count};
    for (size_t i = 0; i < list->count; i++) {
        uint32_t offset = put_text(writing, texts[i].text);
        put_record(writing, IMAGE_TEXTS, &offset);
    }
    return range;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Sorts the numbers and puts each once. */
static struct image_range put_numbers(struct writing *writing, enum image_section section,
                                      uint32_t *numbers, size_t count)
{
    struct image_range range = {next_index(writing, section), 0};
    if (count > 1) {
        qsort(numbers, count, sizeof *numbers, compare_numbers);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || numbers[i] != numbers[i - 1]) {
            put_record(writing, section, &numbers[i]);
            range.count++;
        }
    }
    return range;
}

/* The first `digits` digits of each text; the schema has checked that they are digits. */
static struct image_range put_codes(struct writing *writing,
                                    const struct schema_list *list, size_t digits)
{
    const struct schema_text *texts = list->items;
    uint32_t *numbers =
        arena_take_array(writing->arena, list->count + 1, sizeof *numbers);
    if (!numbers) {
        return (struct image_range){0};
    }
    for (size_t i = 0; i < list->count; i++) {
        for (size_t digit = 0; digit < digits; digit++) {
            numbers[i] = numbers[i] * 10 + (uint32_t)(texts[i].text[digit] - '0');
        }
    }
    return put_numbers(writing, IMAGE_NUMBERS, numbers, list->count);
}

/* ---- the agency -------------------------------------------------------------------- */

static void put_operators(struct writing *writing)
{
    const struct schema_list *list = &writing->model->garita.operators;
    const struct schema_number *operators = list->items;
    uint32_t *uids = arena_take_array(writing->arena, list->count + 1, sizeof *uids);
    if (!uids) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        uids[i] = (uint32_t)operators[i].value;
    }
    put_numbers(writing, IMAGE_OPERATORS, uids, list->count);
}

static struct image_range put_networks(struct writing *writing,
                                       const struct schema_list *list)
{
    const struct schema_text *texts = list->items;
    struct image_range range = {next_index(writing, IMAGE_NETWORKS),
                                (uint32_t)list->count};
    for (size_t i = 0; i < list->count; i++) {
        struct network network = {.bits = 0};
        network_parse(texts[i].text, &network); /* the schema has checked it */
        put_record(writing, IMAGE_NETWORKS, &network);
    }
    return range;
}

static void put_listeners(struct writing *writing)
{
    const struct schema_list *list = &writing->model->garita.listen;
    const struct model_listener *listeners = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct image_listener record = {
            .protocol = put_text(writing, model_protocols[listeners[i].protocol.value]),
            .address = put_text(writing, listeners[i].address.text),
            .port = (uint32_t)listeners[i].port.value,
            .proxied = listeners[i].proxy_protocol.value == MODEL_PROXY_REQUIRED,
            .networks = put_networks(writing, &listeners[i].proxy_from),
        };
        put_record(writing, IMAGE_LISTENERS, &record);
    }
}

static void put_agency(struct writing *writing)
{
    const struct model_garita *garita = &writing->model->garita;
    struct image_agency record = {
        .name = put_text(writing, garita->agency.name.text),
        .time_zone = put_text(writing, garita->agency.time_zone.text),
        .uid_base = (uint32_t)garita->uid_base.value,
        .language = (uint32_t)garita->agency.language.value,
        .partial_endings = put_texts(writing, &garita->partial_endings),
    };
    for (size_t i = 0; i < POLICY_LIMIT_COUNT; i++) {
        record.limits[i] = garita->limits[i].value;
    }
    memcpy(record.verdicts, garita->findings.verdicts, sizeof record.verdicts);
    put_record(writing, IMAGE_AGENCY, &record);
}

/* ---- roles, clients, accounts ------------------------------------------------------ */

static struct image_range put_mounts(struct writing *writing,
                                     const struct schema_list *list)
{
    const struct model_mount *mounts = list->items;
    struct image_range range = {next_index(writing, IMAGE_MOUNTS), (uint32_t)list->count};
    for (size_t i = 0; i < list->count; i++) {
        struct image_mount record = {
            .name = put_text(writing, mounts[i].name.text),
            .view = (uint32_t)mounts[i].view.value,
            .rights = mounts[i].rights,
            .place = put_place(writing, mounts[i].list_at),
        };
        for (size_t right = 0; right < POLICY_RIGHT_COUNT; right++) {
            const struct node *at = mounts[i].right_at[right];
            record.right_places[right] = at ? put_place(writing, at) : 0;
        }
        put_record(writing, IMAGE_MOUNTS, &record);
    }
    return range;
}

static void put_roles(struct writing *writing)
{
    const struct model_role *roles = writing->model->roles.items;
    size_t count = writing->model->roles.count;
    writing->role_mounts =
        arena_take_array(writing->arena, count + 1, sizeof *writing->role_mounts);
    for (size_t i = 0; i < count && writing->role_mounts; i++) {
        const struct node *views = roles[i].views.at;
        struct image_role record = {
            .name = put_text(writing, roles[i].file->stem),
            .place = put_place(writing, views ? views : roles[i].root),
        };
        memcpy(record.verdicts, roles[i].findings.verdicts, sizeof record.verdicts);
        put_record(writing, IMAGE_ROLES, &record);
        writing->role_mounts[i] = put_mounts(writing, &roles[i].views);
    }
}

static void put_clients(struct writing *writing)
{
    const struct model_client *clients = writing->model->clients.items;
    for (size_t i = 0; i < writing->model->clients.count; i++) {
        struct image_client record = {
            .rfc = put_text(writing, clients[i].rfc.text),
            .name = put_text(writing, clients[i].name.text),
        };
        put_record(writing, IMAGE_CLIENTS, &record);
    }
}

static int compare_services(const void *left, const void *right)
{
    const struct model_service *a = left;
    const struct model_service *b = right;
    if (a->resolved->index != b->resolved->index) {
        return a->resolved->index < b->resolved->index ? -1 : 1;
    }
    return (a->client.at->line > b->client.at->line) -
           (a->client.at->line < b->client.at->line);
}

static struct image_range put_services(struct writing *writing,
                                       const struct model_account *account)
{
    struct image_range range = {next_index(writing, IMAGE_SERVICES), 0};
    struct model_service *services = account->serves.items;
    if (account->own) {
        struct image_service record = {.client = account->own->index,
                                       .place = put_place(writing, account->client.at)};
        put_record(writing, IMAGE_SERVICES, &record);
        range.count = 1;
        return range;
    }
    if (account->serves.count > 1) {
        qsort(services, account->serves.count, sizeof *services, compare_services);
    }
    for (size_t i = 0; i < account->serves.count; i++) {
        struct image_service record = {
            .client = services[i].resolved->index,
            .place = put_place(writing, services[i].client.at),
            .aduanas = put_codes(writing, &services[i].aduanas, 2),
            .patentes = put_codes(writing, &services[i].patentes, 4),
        };
        put_record(writing, IMAGE_SERVICES, &record);
        range.count++;
    }
    return range;
}

/* What the account's file says, else what the role's does, be it only its default. */
static const struct schema_number *nearest(const struct schema_number *account,
                                           const struct schema_number *role)
{
    return account->at ? account : role;
}

static void put_account(struct writing *writing, const struct model_account *account)
{
    const struct model_role *role = account->resolved;
    const struct schema_number *max_file = nearest(&account->max_file, &role->max_file);
    const struct node *clients_at =
        account->client.at ? account->client.at : account->serves.at;
    struct image_account record = {
        .max_file = max_file->value,
        .quota = {.bytes = nearest(&account->quota.bytes, &role->quota.bytes)->value,
                  .files = nearest(&account->quota.files, &role->quota.files)->value},
        .name = put_text(writing, account->file->stem),
        .role = role->index,
        .kind = (uint32_t)role->kind.value,
        .language = (uint32_t)account->language.value,
        .max_file_place = put_place(writing, max_file->at),
        .clients_place = put_place(writing, clients_at),
        .mounts = account->narrowed ? put_mounts(writing, &account->mounts)
                                    : writing->role_mounts[role->index],
        .services = put_services(writing, account),
    };
    put_record(writing, IMAGE_ACCOUNTS, &record);
}

static int compare_accounts(const void *left, const void *right)
{
    const struct model_account *a = left;
    const struct model_account *b = right;
    return strcmp(a->file->stem, b->file->stem);
}

static void put_accounts(struct writing *writing)
{
    struct model_account *accounts = writing->model->accounts.items;
    size_t count = writing->model->accounts.count;
    if (count > 1) {
        qsort(accounts, count, sizeof *accounts, compare_accounts);
    }
    for (size_t i = 0; i < count && writing->role_mounts; i++) {
        put_account(writing, &accounts[i]);
    }
}

/* ---- documents --------------------------------------------------------------------- */

static void put_types(struct writing *writing)
{
    const struct model_type *types = writing->model->types.items;
    for (size_t i = 0; i < writing->model->types.count; i++) {
        struct image_type record = {
            .code = put_text(writing, types[i].code.text),
            .title = put_text(writing, types[i].title.text),
            .formats = put_texts(writing, &types[i].formats),
        };
        for (size_t flag = 0; flag < IMAGE_FLAG_COUNT; flag++) {
            const struct schema_flag *read = &types[i].flags[flag];
            record.flags |= (uint32_t)read->value << flag;
            record.places[flag] = put_place(writing, read->at ? read->at : types[i].root);
        }
        memcpy(record.verdicts, types[i].findings.verdicts, sizeof record.verdicts);
        put_record(writing, IMAGE_TYPES, &record);
    }
}

static void put_rules(struct writing *writing)
{
    const struct model_rule *rules = writing->model->rules.items;
    for (size_t i = 0; i < writing->model->rules.count; i++) {
        struct image_rule record = {.type = rules[i].resolved->index};
        for (uint32_t kind = 0; kind < MODEL_RULE_KINDS; kind++) {
            if (rules[i].texts[kind].at) {
                record.kind = kind;
                record.text = put_text(writing, rules[i].texts[kind].text);
            }
        }
        put_record(writing, IMAGE_RULES, &record);
    }
}

/* ---- the whole --------------------------------------------------------------------- */

static size_t aligned(size_t size)
{
    return (size + 7) / 8 * 8;
}

static struct bytes section_bytes(const struct writing *writing, unsigned section)
{
    return buf_view(section == IMAGE_STRINGS ? &writing->strings.bytes
                                             : &writing->sections[section]);
}

static bool nothing_failed(const struct writing *writing)
{
    bool fine = !writing->strings.failed && !writing->arena->failed;
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        fine = fine && !writing->sections[section].failed;
    }
    return fine;
}

/* Where sections lie; the whole size is the result. */
static size_t lay_out(const struct writing *writing, struct image_header *header)
{
    size_t offset = aligned(sizeof *header);
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        size_t size = section_bytes(writing, section).size;
        size_t record = image_record_size((enum image_section)section);
        header->sections[section] =
            (struct image_range){(uint32_t)offset, (uint32_t)(size / record)};
        offset += aligned(size);
    }
    return offset;
}

static bool assemble(const struct writing *writing, struct buf *image, struct err *err)
{
    struct image_header header = {.magic = IMAGE_MAGIC, .layout = image_layout()};
    size_t size = nothing_failed(writing) ? lay_out(writing, &header) : SIZE_MAX;
    uint8_t *bytes = size <= IMAGE_SIZE_MAX ? buf_reserve(image, size) : NULL;
    if (!bytes) {
        return err_set(err, ERR_LIMIT, "the policy is too large for an image");
    }
    memset(bytes, 0, size);
    header.size = (uint32_t)size;
    memcpy(bytes, &header, sizeof header);
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        struct bytes part = section_bytes(writing, section);
        if (part.size > 0) {
            memcpy(bytes + header.sections[section].first, part.at, part.size);
        }
    }
    header.version = image_digest((struct bytes){bytes, size});
    memcpy(bytes, &header, sizeof header);
    buf_commit(image, size);
    return true;
}

bool image_write(const struct model *model, struct arena *arena, struct buf *image,
                 struct err *err)
{
    struct writing writing = {.model = model, .arena = arena};
    strings_init(&writing.strings, IMAGE_SIZE_MAX);
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        buf_init(&writing.sections[section], IMAGE_SIZE_MAX);
    }
    put_agency(&writing);
    put_listeners(&writing);
    put_operators(&writing);
    put_clients(&writing);
    put_roles(&writing);
    put_accounts(&writing);
    put_types(&writing);
    put_rules(&writing);
    bool written = assemble(&writing, image, err);
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        buf_done(&writing.sections[section]);
    }
    strings_done(&writing.strings);
    return written;
}
