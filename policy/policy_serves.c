/*
 * Which clients an account serves, and with which aduanas and patentes. A client's account
 * serves exactly its own client. Pure.
 */
#include <string.h>

#include "policy/inside.h"
#include "policy/serves.h"

/* The number in the first `digits` characters of text, which must be digits. */
static bool leading_number(const char *text, size_t digits, uint32_t *number)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *number = value;
    return true;
}

static bool listed(const struct policy *policy, struct image_range range, uint32_t number)
{
    for (size_t i = 0; i < range.count; i++) {
        if (inside_number(policy, IMAGE_NUMBERS, range.first + i) == number) {
            return true;
        }
    }
    return range.count == 0;
}

static bool aduana_listed(const struct policy *policy,
                          const struct image_service *service, const char *aduana)
{
    uint32_t number = 0;
    return !aduana || (leading_number(aduana, 2, &number) &&
                       listed(policy, service->aduanas, number));
}

static bool patente_listed(const struct policy *policy,
                           const struct image_service *service, const char *patente)
{
    uint32_t number = 0;
    return !patente || (leading_number(patente, 4, &number) && patente[4] == '\0' &&
                        listed(policy, service->patentes, number));
}

/* The first service of the account for this client; the next ones follow it. */
static bool first_service(const struct policy *policy, struct image_range services,
                          uint32_t client, size_t *found)
{
    size_t low = services.first;
    size_t end = low + services.count;
    size_t high = end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct image_service *service =
            inside_record(policy, IMAGE_SERVICES, middle);
        if (service->client < client) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low;
    return low < end;
}

struct serves_answer serves_ask(const struct policy *policy,
                                const struct policy_account *account, const char *rfc,
                                const char *aduana, const char *patente)
{
    const struct image_account *record = account->record;
    struct serves_answer answer = {.place = inside_text(policy, record->clients_place)};
    size_t client = 0;
    size_t at = 0;
    if (!policy_client_find(policy, rfc, &client) ||
        !first_service(policy, record->services, (uint32_t)client, &at)) {
        return answer;
    }
    size_t end = (size_t)record->services.first + record->services.count;
    for (; at < end && !answer.operation; at++) {
        const struct image_service *service = inside_record(policy, IMAGE_SERVICES, at);
        if (service->client != client) {
            break;
        }
        answer.client = true;
        answer.place = inside_text(policy, service->place);
        answer.operation = aduana_listed(policy, service, aduana) &&
                           patente_listed(policy, service, patente);
    }
    return answer;
}

bool policy_serves_client(const struct policy *policy,
                          const struct policy_account *account, const char *rfc)
{
    return serves_ask(policy, account, rfc, NULL, NULL).client;
}

bool policy_serves(const struct policy *policy, const struct policy_account *account,
                   const char *rfc, const char *aduana, const char *patente)
{
    return serves_ask(policy, account, rfc, aduana, patente).operation;
}
