/*
 * Maps a sealed policy image and checks all of it once: sections, indices, offsets of texts,
 * enumerations, orders. Runs in every role that asks the policy.
 *
 * SECURITY: the image comes from a process that parses YAML. Nothing in it is believed before
 * it is checked here, and the seal is what keeps it as it was checked.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "policy/inside.h"

static bool corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "policy image: %s", what);
}

static bool section_fits(const struct policy *policy, enum image_section section)
{
    const struct image_range *range = &inside_header(policy)->sections[section];
    uint64_t bytes = (uint64_t)range->count * image_record_size(section);
    return range->first % 8 == 0 && range->first >= sizeof(struct image_header) &&
           range->first <= policy->size && bytes <= policy->size - range->first;
}

static bool check_header(const struct policy *policy, struct err *err)
{
    const struct image_header *header = inside_header(policy);
    if (policy->size < sizeof *header ||
        memcmp(header->magic, IMAGE_MAGIC, sizeof header->magic) != 0) {
        return corrupt(err, "not one");
    }
    if (header->layout != image_layout()) {
        return corrupt(err, "made by another version of the program");
    }
    struct bytes image = {policy->image, policy->size};
    if (header->size != policy->size || header->version != image_digest(image)) {
        return corrupt(err, "size or digest is wrong");
    }
    for (unsigned section = 0; section < IMAGE_SECTION_COUNT; section++) {
        if (!section_fits(policy, (enum image_section)section)) {
            return corrupt(err, "a section lies outside");
        }
    }
    size_t strings = inside_count(policy, IMAGE_STRINGS);
    if (strings == 0 || *inside_text(policy, (uint32_t)(strings - 1)) != '\0') {
        return corrupt(err, "the strings have no end");
    }
    return inside_count(policy, IMAGE_AGENCY) == 1 ? true : corrupt(err, "no agency");
}

static bool text_ok(const struct policy *policy, uint32_t offset)
{
    return offset < inside_count(policy, IMAGE_STRINGS);
}

static bool range_ok(const struct policy *policy, enum image_section section,
                     struct image_range range)
{
    size_t count = inside_count(policy, section);
    return range.first <= count && range.count <= count - range.first;
}

static bool verdicts_ok(const uint8_t verdicts[IMAGE_VERDICTS])
{
    for (size_t i = 0; i < IMAGE_VERDICTS; i++) {
        if (verdicts[i] > VERDICT_REJECT && verdicts[i] != IMAGE_NO_VERDICT) {
            return false;
        }
    }
    return true;
}

static bool check_agency(const struct policy *policy, size_t index)
{
    const struct image_agency *agency = inside_record(policy, IMAGE_AGENCY, index);
    return text_ok(policy, agency->name) && text_ok(policy, agency->time_zone) &&
           agency->language < LANGUAGE_COUNT &&
           range_ok(policy, IMAGE_TEXTS, agency->partial_endings) &&
           verdicts_ok(agency->verdicts);
}

static bool check_listener(const struct policy *policy, size_t index)
{
    const struct image_listener *listener = inside_record(policy, IMAGE_LISTENERS, index);
    return text_ok(policy, listener->protocol) && text_ok(policy, listener->address) &&
           listener->port >= 1 && listener->port <= UINT16_MAX &&
           listener->proxied == (listener->networks.count > 0) &&
           range_ok(policy, IMAGE_NETWORKS, listener->networks);
}

static bool check_network(const struct policy *policy, size_t index)
{
    const struct network *network = inside_record(policy, IMAGE_NETWORKS, index);
    return network->bits >= 1 && network->bits <= NETWORK_BITS_MAX;
}

static bool check_operator(const struct policy *policy, size_t index)
{
    return index == 0 || inside_number(policy, IMAGE_OPERATORS, index - 1) <
                             inside_number(policy, IMAGE_OPERATORS, index);
}

static bool ascending(const struct policy *policy, uint32_t before, uint32_t after)
{
    return strcmp(inside_text(policy, before), inside_text(policy, after)) < 0;
}

static bool check_client(const struct policy *policy, size_t index)
{
    const struct image_client *client = inside_record(policy, IMAGE_CLIENTS, index);
    return text_ok(policy, client->rfc) && text_ok(policy, client->name) &&
           (index == 0 || ascending(policy, client[-1].rfc, client->rfc));
}

static bool check_role(const struct policy *policy, size_t index)
{
    const struct image_role *role = inside_record(policy, IMAGE_ROLES, index);
    return text_ok(policy, role->name) && text_ok(policy, role->place) &&
           verdicts_ok(role->verdicts);
}

static bool mounts_ordered(const struct policy *policy, struct image_range range)
{
    if (range.count > IMAGE_MOUNTS_MAX) {
        return false;
    }
    for (size_t i = 1; i < range.count; i++) {
        const struct image_mount *mount =
            inside_record(policy, IMAGE_MOUNTS, range.first + i);
        if (!ascending(policy, mount[-1].name, mount->name)) {
            return false;
        }
    }
    return true;
}

/* Ranges that follow each other: checking them takes no longer than the image is large. */
static bool services_ordered(const struct policy *policy, size_t account)
{
    const struct image_account *record = inside_record(policy, IMAGE_ACCOUNTS, account);
    struct image_range range = record->services;
    uint32_t first =
        account == 0 ? 0 : record[-1].services.first + record[-1].services.count;
    if (range.first != first) {
        return false;
    }
    for (size_t i = 1; i < range.count; i++) {
        const struct image_service *service =
            inside_record(policy, IMAGE_SERVICES, range.first + i);
        if (service[-1].client > service->client) {
            return false;
        }
    }
    return true;
}

static bool check_account(const struct policy *policy, size_t index)
{
    const struct image_account *account = inside_record(policy, IMAGE_ACCOUNTS, index);
    return text_ok(policy, account->name) && text_ok(policy, account->max_file_place) &&
           text_ok(policy, account->clients_place) &&
           account->role < inside_count(policy, IMAGE_ROLES) &&
           account->kind <= POLICY_MANAGER && account->language < LANGUAGE_COUNT &&
           range_ok(policy, IMAGE_MOUNTS, account->mounts) &&
           range_ok(policy, IMAGE_SERVICES, account->services) &&
           mounts_ordered(policy, account->mounts) && services_ordered(policy, index) &&
           (index == 0 || ascending(policy, account[-1].name, account->name));
}

static bool check_service(const struct policy *policy, size_t index)
{
    const struct image_service *service = inside_record(policy, IMAGE_SERVICES, index);
    return service->client < inside_count(policy, IMAGE_CLIENTS) &&
           text_ok(policy, service->place) &&
           range_ok(policy, IMAGE_NUMBERS, service->aduanas) &&
           range_ok(policy, IMAGE_NUMBERS, service->patentes);
}

static bool check_mount(const struct policy *policy, size_t index)
{
    const struct image_mount *mount = inside_record(policy, IMAGE_MOUNTS, index);
    for (size_t right = 0; right < POLICY_RIGHT_COUNT; right++) {
        if (!text_ok(policy, mount->right_places[right])) {
            return false;
        }
    }
    return text_ok(policy, mount->name) && text_ok(policy, mount->place) &&
           mount->view < POLICY_VIEW_COUNT && mount->rights >> POLICY_RIGHT_COUNT == 0;
}

static bool check_type(const struct policy *policy, size_t index)
{
    const struct image_type *type = inside_record(policy, IMAGE_TYPES, index);
    for (size_t flag = 0; flag < IMAGE_FLAG_COUNT; flag++) {
        if (!text_ok(policy, type->places[flag])) {
            return false;
        }
    }
    return text_ok(policy, type->code) && text_ok(policy, type->title) &&
           type->flags >> IMAGE_FLAG_COUNT == 0 &&
           range_ok(policy, IMAGE_TEXTS, type->formats) && verdicts_ok(type->verdicts) &&
           (index == 0 || ascending(policy, type[-1].code, type->code));
}

static bool check_rule(const struct policy *policy, size_t index)
{
    const struct image_rule *rule = inside_record(policy, IMAGE_RULES, index);
    return rule->kind <= POLICY_NAME_PATTERN && text_ok(policy, rule->text) &&
           rule->type < inside_count(policy, IMAGE_TYPES);
}

static bool check_text(const struct policy *policy, size_t index)
{
    return text_ok(policy, inside_number(policy, IMAGE_TEXTS, index));
}

/* In this order: a check may follow what an earlier section's check has vouched for. */
static const struct section_check {
    enum image_section section;
    bool (*record_ok)(const struct policy *policy, size_t index);
    const char *complaint;
} section_checks[] = {
    {IMAGE_TEXTS, check_text, "a text is wrong"},
    {IMAGE_AGENCY, check_agency, "the agency is wrong"},
    {IMAGE_LISTENERS, check_listener, "a listener is wrong"},
    {IMAGE_NETWORKS, check_network, "a network is wrong"},
    {IMAGE_OPERATORS, check_operator, "an operator is wrong"},
    {IMAGE_CLIENTS, check_client, "a client is wrong"},
    {IMAGE_ROLES, check_role, "a role is wrong"},
    {IMAGE_MOUNTS, check_mount, "a mount is wrong"},
    {IMAGE_SERVICES, check_service, "a service is wrong"},
    {IMAGE_ACCOUNTS, check_account, "an account is wrong"},
    {IMAGE_TYPES, check_type, "a document type is wrong"},
    {IMAGE_RULES, check_rule, "a name rule is wrong"},
};

static bool check_records(const struct policy *policy, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(section_checks); i++) {
        const struct section_check *check = &section_checks[i];
        size_t count = inside_count(policy, check->section);
        for (size_t index = 0; index < count; index++) {
            if (!check->record_ok(policy, index)) {
                return corrupt(err, check->complaint);
            }
        }
    }
    return true;
}

static bool map_image(struct policy *policy, int fd, struct err *err)
{
    struct stat status = {0};
    if (!fd_is_sealed(fd)) {
        return corrupt(err, "not sealed");
    }
    if (fstat(fd, &status) != 0) {
        return err_sys(err, errno, "stat the policy image");
    }
    if (status.st_size < (off_t)sizeof(struct image_header) ||
        status.st_size > IMAGE_SIZE_MAX) {
        return corrupt(err, "its size is impossible");
    }
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED) {
        return err_sys(err, errno, "map the policy image");
    }
    policy->image = mapped;
    policy->size = (size_t)status.st_size;
    return true;
}

static bool list_accounts(struct policy *policy, struct err *err)
{
    size_t count = inside_count(policy, IMAGE_ACCOUNTS);
    policy->accounts = calloc(count + 1, sizeof *policy->accounts);
    if (!policy->accounts) {
        return err_sys(err, errno, "list the accounts of the policy");
    }
    for (size_t i = 0; i < count; i++) {
        policy->accounts[i].policy = policy;
        policy->accounts[i].record = inside_record(policy, IMAGE_ACCOUNTS, i);
    }
    return true;
}

struct policy *policy_map(int fd, struct err *err)
{
    AUTO(policy) policy = calloc(1, sizeof *policy);
    if (!policy) {
        err_sys(err, errno, "map the policy");
        return NULL;
    }
    if (!map_image(policy, fd, err) || !check_header(policy, err) ||
        !check_records(policy, err) || !list_accounts(policy, err)) {
        return NULL;
    }
    return TAKE_PTR(policy);
}

void policy_free(struct policy *policy)
{
    if (!policy) {
        return;
    }
    if (policy->image) {
        munmap((void *)(uintptr_t)policy->image, policy->size);
    }
    free(policy->accounts);
    free(policy);
}
