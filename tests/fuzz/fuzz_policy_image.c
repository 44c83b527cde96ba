/*
 * Policy images as a taken-over reader could write them: what policy_map() lets through must
 * be safe to ask anything. The input is patches to a good image; the digest is put right, or
 * nothing would get past it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../support/policy_small.h"
#include "policy/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched;

static void touch(const char *text)
{
    touched += strlen(text);
}

static void ask(const struct policy *policy, const struct policy_account *account,
                const char *rfc, const char *type)
{
    for (int view = 0; view < POLICY_VIEW_COUNT; view++) {
        for (int right = 0; right < POLICY_RIGHT_COUNT; right++) {
            struct policy_question question = {
                .account = account,
                .view = (enum policy_view)view,
                .right = (enum policy_right)right,
                .rfc = rfc,
                .aduana = "240",
                .patente = "3420",
                .document_type = type,
                .media_type = "application/pdf",
                .size = 1,
            };
            struct policy_decision decision = policy_decide(policy, &question);
            touch(decision.rule);
            if (decision.allowed && policy_account_kind(account) == POLICY_CLIENT &&
                right != POLICY_RIGHT_LIST && right != POLICY_RIGHT_READ) {
                abort();
            }
        }
    }
    for (int finding = 0; finding < FINDING_COUNT; finding++) {
        if (policy_verdict(policy, account, type, (enum finding)finding) >
            VERDICT_REJECT) {
            abort();
        }
    }
}

static void ask_account(const struct policy *policy, const char *name, const char *rfc,
                        const char *type)
{
    const struct policy_account *account = policy_account_find(policy, name);
    if (!account) {
        return;
    }
    touch(policy_account_name(account));
    for (size_t i = 0; i < policy_mount_count(policy, account); i++) {
        touch(policy_mount(policy, account, i).name);
    }
    ask(policy, account, rfc, type);
}

static const char *look_at_types(const struct policy *policy)
{
    const char *code = NULL;
    for (size_t i = 0; i < policy_document_type_count(policy); i++) {
        struct policy_document_type type = policy_document_type(policy, i);
        touch(type.code);
        touch(type.title);
        touched += policy_document_type_takes(policy, i, "pdf");
        code = type.code;
    }
    for (size_t i = 0; i < policy_name_rule_count(policy); i++) {
        struct policy_name_rule rule = policy_name_rule(policy, i);
        touch(rule.text);
        touch(policy_document_type(policy, rule.document_type).code);
    }
    return code;
}

static void look_at_everything(const struct policy *policy)
{
    struct policy_agency agency = policy_agency(policy);
    touch(agency.name);
    touch(agency.time_zone);
    touched += policy_operator(policy, 7);
    for (size_t i = 0; i < policy_listener_count(policy); i++) {
        touch(policy_listener(policy, i).address);
        touch(policy_listener(policy, i).protocol);
        touched += policy_listener_proxies(policy, i, "192.0.2.1");
        touched += policy_listener_proxies(policy, i, "::1");
    }
    for (size_t i = 0; i < policy_partial_ending_count(policy); i++) {
        touch(policy_partial_ending(policy, i));
    }
    const char *rfc = "ACM010101AB1";
    for (size_t i = 0; i < policy_client_count(policy); i++) {
        rfc = policy_client(policy, i).rfc;
        touch(policy_client(policy, i).name);
    }
    const char *code = look_at_types(policy);
    static const char *const names[] = {"laredo", "todo", "acme", "sica", ""};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        ask_account(policy, names[i], rfc, code);
        ask_account(policy, names[i], "ACM010101AB1", "PEDIMENTO");
    }
}

/* The image of the small policy, made once by the true reader: a seed that never grows old. */
static struct bytes seed_image(void)
{
    static struct buf image;
    if (!image.memory &&
        !policy_files_image(policy_small, ARRAY_SIZE(policy_small), &image)) {
        abort();
    }
    return buf_view(&image);
}

enum { PATCH_SIZE = 8 };

/* Four bytes of offset, four of value: written there. The header's ends too. */
static void apply_patch(uint8_t *bytes, size_t size, const uint8_t patch[PATCH_SIZE])
{
    uint32_t offset = 0;
    memcpy(&offset, patch, sizeof offset);
    memcpy(bytes + offset % (size - sizeof(uint32_t)), patch + 4, sizeof(uint32_t));
}

/* Past the checks of the header that only prove that nothing was mixed up. */
static void sign(uint8_t *bytes, size_t size)
{
    struct image_header *header = (struct image_header *)(void *)bytes;
    header->size = (uint32_t)size;
    header->layout = image_layout();
    memcpy(header->magic, IMAGE_MAGIC, sizeof header->magic);
    header->version = image_digest((struct bytes){bytes, size});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes seed = seed_image();
    AUTO_FREE uint8_t *bytes = malloc(seed.size);
    if (!bytes) {
        return 0;
    }
    memcpy(bytes, seed.at, seed.size);
    for (size_t at = 0; at + PATCH_SIZE <= size; at += PATCH_SIZE) {
        apply_patch(bytes, seed.size, data + at);
    }
    sign(bytes, seed.size);
    AUTO(policy) policy = policy_files_of_image((struct bytes){bytes, seed.size}, NULL);
    if (policy) {
        look_at_everything(policy);
    }
    return 0;
}
