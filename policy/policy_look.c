/*
 * Looking things up in a mapped policy: binary searches and plain reads of checked records.
 * Pure; runs in every role that asks the policy.
 */
#include <string.h>
#include <strings.h>

#include "policy/inside.h"

uint64_t policy_version(const struct policy *policy)
{
    return inside_header(policy)->version;
}

/* Sections that are searched are sorted by the text whose offset lies `field` bytes into
   their records. */
static bool find(const struct policy *policy, enum image_section section, size_t field,
                 const char *key, size_t *index)
{
    size_t low = 0;
    size_t high = inside_count(policy, section);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t offset = 0;
        const uint8_t *record = inside_record(policy, section, middle);
        memcpy(&offset, record + field, sizeof offset);
        int order = strcmp(key, inside_text(policy, offset));
        if (order == 0) {
            *index = middle;
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

/* ---- the agency -------------------------------------------------------------------- */

struct policy_agency policy_agency(const struct policy *policy)
{
    const struct image_agency *agency = inside_agency(policy);
    return (struct policy_agency){
        .name = inside_text(policy, agency->name),
        .time_zone = inside_text(policy, agency->time_zone),
        .uid_base = agency->uid_base,
        .language = (enum language)agency->language,
    };
}

size_t policy_listener_count(const struct policy *policy)
{
    return inside_count(policy, IMAGE_LISTENERS);
}

struct policy_listener policy_listener(const struct policy *policy, size_t index)
{
    const struct image_listener *listener = inside_record(policy, IMAGE_LISTENERS, index);
    return (struct policy_listener){
        .protocol = inside_text(policy, listener->protocol),
        .address = inside_text(policy, listener->address),
        .port = (uint16_t)listener->port,
        .proxied = listener->proxied != 0,
    };
}

bool policy_listener_proxies(const struct policy *policy, size_t index,
                             const char *address)
{
    const struct image_listener *listener = inside_record(policy, IMAGE_LISTENERS, index);
    for (size_t i = 0; i < listener->networks.count; i++) {
        if (network_holds(
                inside_record(policy, IMAGE_NETWORKS, listener->networks.first + i),
                address)) {
            return true;
        }
    }
    return false;
}

uint64_t policy_limit(const struct policy *policy, enum policy_limit limit)
{
    return inside_agency(policy)->limits[limit];
}

bool policy_operator(const struct policy *policy, uint32_t uid)
{
    for (size_t i = 0; i < inside_count(policy, IMAGE_OPERATORS); i++) {
        if (inside_number(policy, IMAGE_OPERATORS, i) == uid) {
            return true;
        }
    }
    return false;
}

/* ---- clients and accounts ---------------------------------------------------------- */

size_t policy_client_count(const struct policy *policy)
{
    return inside_count(policy, IMAGE_CLIENTS);
}

struct policy_client policy_client(const struct policy *policy, size_t index)
{
    const struct image_client *client = inside_record(policy, IMAGE_CLIENTS, index);
    return (struct policy_client){
        .rfc = inside_text(policy, client->rfc),
        .name = inside_text(policy, client->name),
    };
}

bool policy_client_find(const struct policy *policy, const char *rfc, size_t *index)
{
    return find(policy, IMAGE_CLIENTS, offsetof(struct image_client, rfc), rfc, index);
}

const struct policy_account *policy_account_find(const struct policy *policy,
                                                 const char *name)
{
    size_t index = 0;
    size_t field = offsetof(struct image_account, name);
    return find(policy, IMAGE_ACCOUNTS, field, name, &index) ? &policy->accounts[index]
                                                             : NULL;
}

size_t policy_account_count(const struct policy *policy)
{
    return inside_count(policy, IMAGE_ACCOUNTS);
}

const struct policy_account *policy_account_at(const struct policy *policy, size_t index)
{
    return &policy->accounts[index];
}

const char *policy_account_name(const struct policy_account *account)
{
    return inside_text(account->policy, account->record->name);
}

enum policy_kind policy_account_kind(const struct policy_account *account)
{
    return (enum policy_kind)account->record->kind;
}

enum language policy_account_language(const struct policy_account *account)
{
    return (enum language)account->record->language;
}

uint64_t policy_account_max_file(const struct policy_account *account)
{
    return account->record->max_file;
}

struct policy_quota policy_account_quota(const struct policy_account *account)
{
    return account->record->quota;
}

size_t policy_mount_count(const struct policy *policy,
                          const struct policy_account *account)
{
    (void)policy;
    return account->record->mounts.count;
}

struct policy_mount policy_mount(const struct policy *policy,
                                 const struct policy_account *account, size_t index)
{
    const struct image_mount *mount =
        inside_record(policy, IMAGE_MOUNTS, account->record->mounts.first + index);
    return (struct policy_mount){
        .name = inside_text(policy, mount->name),
        .view = (enum policy_view)mount->view,
    };
}

/* ---- document types ---------------------------------------------------------------- */

size_t policy_document_type_count(const struct policy *policy)
{
    return inside_count(policy, IMAGE_TYPES);
}

struct policy_document_type policy_document_type(const struct policy *policy,
                                                 size_t index)
{
    const struct image_type *type = inside_record(policy, IMAGE_TYPES, index);
    return (struct policy_document_type){
        .code = inside_text(policy, type->code),
        .title = inside_text(policy, type->title),
        .client_sees = type->flags >> IMAGE_CLIENT_SEES & 1,
        .correspondent_sees = type->flags >> IMAGE_CORRESPONDENT_SEES & 1,
        .correspondent_sends = type->flags >> IMAGE_CORRESPONDENT_SENDS & 1,
        .expense_account = type->flags >> IMAGE_EXPENSE_ACCOUNT & 1,
    };
}

bool policy_document_type_find(const struct policy *policy, const char *code,
                               size_t *index)
{
    return find(policy, IMAGE_TYPES, offsetof(struct image_type, code), code, index);
}

/* format is lower case by the schema; '#' in it is a digit. */
static bool format_takes(const char *format, const char *extension)
{
    for (; *format; format++, extension++) {
        bool digit = *extension >= '0' && *extension <= '9';
        if (*format == '#' ? !digit : strncasecmp(format, extension, 1) != 0) {
            return false;
        }
    }
    return *extension == '\0';
}

bool policy_document_type_takes(const struct policy *policy, size_t index,
                                const char *extension)
{
    const struct image_type *type = inside_record(policy, IMAGE_TYPES, index);
    for (size_t i = 0; i < type->formats.count; i++) {
        uint32_t offset = inside_number(policy, IMAGE_TEXTS, type->formats.first + i);
        if (format_takes(inside_text(policy, offset), extension)) {
            return true;
        }
    }
    return false;
}

size_t policy_name_rule_count(const struct policy *policy)
{
    return inside_count(policy, IMAGE_RULES);
}

struct policy_name_rule policy_name_rule(const struct policy *policy, size_t index)
{
    const struct image_rule *rule = inside_record(policy, IMAGE_RULES, index);
    return (struct policy_name_rule){
        .kind = (enum policy_name_rule_kind)rule->kind,
        .text = inside_text(policy, rule->text),
        .document_type = rule->type,
    };
}

size_t policy_partial_ending_count(const struct policy *policy)
{
    return inside_agency(policy)->partial_endings.count;
}

const char *policy_partial_ending(const struct policy *policy, size_t index)
{
    uint32_t first = inside_agency(policy)->partial_endings.first;
    return inside_text(policy, inside_number(policy, IMAGE_TEXTS, first + index));
}
