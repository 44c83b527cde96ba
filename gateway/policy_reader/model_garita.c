/*
 * garita.yaml: the agency, where it listens, limits of the whole gateway.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/auto.h"
#include "policy/network.h"
#include "policy_reader/model.h"

/* ---- forms ------------------------------------------------------------------------- */

static bool is_time_zone(const char *text)
{
    size_t allowed = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/");
    return text[0] >= 'A' && text[0] <= 'Z' && text[allowed] == '\0';
}

static bool is_address(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET, text, &address) == 1 ||
           inet_pton(AF_INET6, text, &address) == 1;
}

/* Lower case, so that it can be compared without regard to case. */
static bool is_ending(const char *text)
{
    size_t allowed = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-~");
    return text[0] == '.' && text[1] != '\0' && text[allowed] == '\0' && allowed <= 32;
}

static bool is_network(const char *text)
{
    struct network network;
    return network_parse(text, &network);
}

static const struct schema_form time_zone_form = {
    is_time_zone, "a time zone such as America/Mexico_City"};
static const struct schema_form address_form = {is_address,
                                                "a numeric IPv4 or IPv6 address"};
static const struct schema_form network_form = {
    is_network, "a network such as 10.20.0.0/16, or an address"};
static const struct schema_form ending_form = {
    is_ending, "an ending in lower case such as .filepart"};

/* ---- the tables -------------------------------------------------------------------- */

const char *const model_protocols[] = {"sftp"};
static const struct schema_words protocols = {model_protocols,
                                              ARRAY_SIZE(model_protocols), "protocol"};

static const struct schema_bounds uid_base_bounds = {1000, 4000000000};
static const struct schema_bounds uid_bounds = {0, 4294967294};
static const struct schema_bounds port_bounds = {1, 65535};

static const struct schema_key agency_keys[] = {
    {"name", schema_read_text, offsetof(struct model_agency, name), true, NULL},
    {"time_zone", schema_read_text, offsetof(struct model_agency, time_zone), false,
     &time_zone_form},
    {"language", schema_read_word, offsetof(struct model_agency, language), false,
     &model_languages},
};
static const struct schema agency_schema = SCHEMA(agency_keys);

static const char *const proxying_words[] = {
    [MODEL_PROXY_OFF] = "off", [MODEL_PROXY_REQUIRED] = "required"};
static const struct schema_words proxyings = {proxying_words, ARRAY_SIZE(proxying_words),
                                              "value"};

static const struct schema_key network_each = {.read = schema_read_text,
                                               .detail = &network_form};
static const struct schema_items networks = {sizeof(struct schema_text), &network_each, 0,
                                             64};

static const struct schema_key listener_keys[] = {
    {"protocol", schema_read_word, offsetof(struct model_listener, protocol), true,
     &protocols},
    {"address", schema_read_text, offsetof(struct model_listener, address), true,
     &address_form},
    {"port", schema_read_number, offsetof(struct model_listener, port), true,
     &port_bounds},
    {"proxy_protocol", schema_read_word, offsetof(struct model_listener, proxy_protocol),
     false, &proxyings},
    {"proxy_from", schema_read_list, offsetof(struct model_listener, proxy_from), false,
     &networks},
};
static const struct schema listener_schema = SCHEMA(listener_keys);
static const struct schema_key listener_each = {.read = schema_read_map,
                                                .detail = &listener_schema};
static const struct schema_items listeners = {sizeof(struct model_listener),
                                              &listener_each, 1, 64};

static const struct schema_key operator_each = {.read = schema_read_number,
                                                .detail = &uid_bounds};
static const struct schema_items operators = {sizeof(struct schema_number),
                                              &operator_each, 0, 1000};

static const struct schema_key ending_each = {.read = schema_read_text,
                                              .detail = &ending_form};
static const struct schema_items endings = {sizeof(struct schema_text), &ending_each, 0,
                                            64};

static const struct schema_bounds limit_bounds[] = {
#define LIMIT(name, key, fallback, least, most) {least, most},
#include "policy/limits.def"
#undef LIMIT
};

/* Memory is a size; everything else counts. */
#define READ_LIMIT(key)                                                                \
    (sizeof(key) > sizeof("_memory") &&                                                \
             __builtin_strcmp((key) + sizeof(key) - sizeof("_memory"), "_memory") == 0 \
         ? schema_read_size                                                            \
         : schema_read_number)

static const struct schema_key limit_keys[] = {
#define LIMIT(name, key, fallback, least, most)                                       \
    {key, READ_LIMIT(key), POLICY_LIMIT_##name * sizeof(struct schema_number), false, \
     &limit_bounds[POLICY_LIMIT_##name]},
#include "policy/limits.def"
#undef LIMIT
};
static const struct schema limits_schema = SCHEMA(limit_keys);

static const struct schema_key garita_keys[] = {
    {"agency", schema_read_map, offsetof(struct model_garita, agency), true,
     &agency_schema},
    {"uid_base", schema_read_number, offsetof(struct model_garita, uid_base), false,
     &uid_base_bounds},
    {"operators", schema_read_list, offsetof(struct model_garita, operators), false,
     &operators},
    {"listen", schema_read_list, offsetof(struct model_garita, listen), true, &listeners},
    {"limits", schema_read_map, offsetof(struct model_garita, limits), false,
     &limits_schema},
    {"partial_endings", schema_read_list, offsetof(struct model_garita, partial_endings),
     false, &endings},
    {"findings", model_findings_read, offsetof(struct model_garita, findings), false,
     NULL},
};
static const struct schema garita_schema = SCHEMA(garita_keys);

/* ---- what the tables cannot say ---------------------------------------------------- */

static bool same_listener(const struct model_listener *a, const struct model_listener *b)
{
    return a->address.at && b->address.at && a->port.at && b->port.at &&
           a->port.value == b->port.value &&
           strcmp(a->address.text, b->address.text) == 0;
}

/* Never optional: whoever reaches such an address could claim to be anybody. */
static void check_proxies(const struct schema_context *context,
                          const struct model_listener *listener)
{
    bool required = listener->proxy_protocol.value == MODEL_PROXY_REQUIRED;
    if (required && listener->proxy_from.count == 0) {
        complaints_add(context->complaints, node_place(listener->proxy_protocol.at),
                       "\"required\" needs proxy_from, the networks of the proxies");
    }
    if (!required && listener->proxy_from.at) {
        complaints_add(context->complaints, node_place(listener->proxy_from.at),
                       "proxy_from stands only beside \"proxy_protocol: required\"");
    }
}

static void check_listeners(const struct schema_context *context,
                            const struct schema_list *list)
{
    const struct model_listener *items = list->items;
    for (size_t i = 0; i < list->count; i++) {
        check_proxies(context, &items[i]);
    }
    for (size_t i = 1; i < list->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same_listener(&items[i], &items[j])) {
                complaints_add(context->complaints, node_place(items[i].address.at),
                               "this address and port stand here a second time");
                break;
            }
        }
    }
}

/* What unfinished uploads are called by WinSCP, lftp, browsers and the like. */
static const char *const usual_endings[] = {
    ".filepart",   ".part", ".partial", ".tmp",       ".temp",
    ".crdownload", ".lock", ".new",     ".uploading", ".upload",
};

static void use_usual_endings(const struct schema_context *context,
                              struct schema_list *list)
{
    struct schema_text *texts =
        arena_take_array(context->arena, ARRAY_SIZE(usual_endings), sizeof *texts);
    if (!texts) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(usual_endings); i++) {
        texts[i].text = usual_endings[i];
    }
    list->items = texts;
    list->count = ARRAY_SIZE(usual_endings);
}

void model_read_garita(const struct schema_context *context, const struct node *root,
                       struct model_garita *garita)
{
    static const uint64_t limit_defaults[] = {
#define LIMIT(name, key, fallback, least, most) fallback,
#include "policy/limits.def"
#undef LIMIT
    };
    model_findings_init(&garita->findings);
    garita->agency.time_zone.text = "America/Mexico_City";
    garita->agency.language.value = LANGUAGE_SPANISH;
    garita->uid_base.value = 64000;
    for (size_t i = 0; i < POLICY_LIMIT_COUNT; i++) {
        garita->limits[i].value = limit_defaults[i];
    }
    schema_read(context, root, &garita_schema, garita);
    check_listeners(context, &garita->listen);
    if (!garita->partial_endings.at) {
        use_usual_endings(context, &garita->partial_endings);
    }
}
