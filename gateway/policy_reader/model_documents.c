/*
 * document-types.yaml and names.yaml: which documents there are, and how names tell them.
 */
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "policy_reader/model.h"

/* ---- forms ------------------------------------------------------------------------- */

static bool is_code(const char *text)
{
    size_t allowed = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return text[0] >= 'A' && text[0] <= 'Z' && text[allowed] == '\0' && allowed <= 64;
}

static bool is_format(const char *text)
{
    size_t allowed = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789#");
    return allowed > 0 && text[allowed] == '\0' && allowed <= 15;
}

static const struct schema_form code_form = {is_code,
                                             "a code of capital letters, digits and '_'"};
static const struct schema_form format_form = {
    is_format, "an extension in lower case, without dot ('#' is a digit)"};

/* ---- document types ---------------------------------------------------------------- */

static const struct schema_key format_each = {.read = schema_read_text,
                                              .detail = &format_form};
static const struct schema_items formats = {sizeof(struct schema_text), &format_each, 1,
                                            64};

#define FLAG_FIELD(flag) offsetof(struct model_type, flags[flag])
static const struct schema_key type_keys[] = {
    {"code", schema_read_text, offsetof(struct model_type, code), true, &code_form},
    {"title", schema_read_text, offsetof(struct model_type, title), true, NULL},
    {"formats", schema_read_list, offsetof(struct model_type, formats), true, &formats},
    {"client_sees", schema_read_flag, FLAG_FIELD(IMAGE_CLIENT_SEES), false, NULL},
    {"correspondent_sees", schema_read_flag, FLAG_FIELD(IMAGE_CORRESPONDENT_SEES), false,
     NULL},
    {"correspondent_sends", schema_read_flag, FLAG_FIELD(IMAGE_CORRESPONDENT_SENDS),
     false, NULL},
    {"expense_account", schema_read_flag, FLAG_FIELD(IMAGE_EXPENSE_ACCOUNT), false, NULL},
    {"findings", model_findings_read, offsetof(struct model_type, findings), false, NULL},
};
static const struct schema type_schema = SCHEMA(type_keys);

static void read_type(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    (void)key;
    struct model_type *type = field;
    model_findings_init(&type->findings);
    type->root = value;
    schema_read(context, value, &type_schema, type);
}

void model_read_types(const struct schema_context *context, const struct node *root,
                      struct schema_list *types)
{
    static const struct schema_key each = {.read = read_type};
    static const struct schema_items items = {sizeof(struct model_type), &each, 1, 5000};
    static const struct schema_key whole = {.detail = &items};
    schema_read_list(context, root, &whole, types);
}

/* ---- rules on names ---------------------------------------------------------------- */

static const char *const rule_names[MODEL_RULE_KINDS] = {
    [POLICY_NAME_PREFIX] = "prefix",
    [POLICY_NAME_SUFFIX] = "suffix",
    [POLICY_NAME_TAIL] = "tail",
    [POLICY_NAME_PATTERN] = "pattern",
};

/* What a whole name can be made of; the wildcards are ours. */
static bool is_pattern(const char *text)
{
    return !strpbrk(text, "/\\<>:\"|") && strlen(text) <= 128;
}

static bool is_part(const char *text)
{
    return is_pattern(text) && !strpbrk(text, "_@.#?*") && strlen(text) <= 32;
}

static const struct schema_form pattern_form = {
    is_pattern, "a pattern of a name ('#' a digit, '?' a character, '*' any run)"};
static const struct schema_form part_form = {is_part,
                                             "a part of a name, without _ @ . # ? *"};

#define RULE_FIELD(kind) offsetof(struct model_rule, texts[kind])
static const struct schema_key rule_keys[] = {
    {"prefix", schema_read_text, RULE_FIELD(POLICY_NAME_PREFIX), false, &part_form},
    {"suffix", schema_read_text, RULE_FIELD(POLICY_NAME_SUFFIX), false, &part_form},
    {"tail", schema_read_text, RULE_FIELD(POLICY_NAME_TAIL), false, &part_form},
    {"pattern", schema_read_text, RULE_FIELD(POLICY_NAME_PATTERN), false, &pattern_form},
    {"type", schema_read_text, offsetof(struct model_rule, type), true, &code_form},
};
static const struct schema rule_schema = SCHEMA(rule_keys);

static size_t count_kinds(const struct node *map)
{
    size_t count = 0;
    for (const struct node *value = map->first; value; value = value->next) {
        for (size_t kind = 0; kind < MODEL_RULE_KINDS; kind++) {
            count += value->key && strcmp(value->key->text, rule_names[kind]) == 0;
        }
    }
    return count;
}

static void read_rule(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    (void)key;
    struct model_rule *rule = field;
    rule->root = value;
    schema_read(context, value, &rule_schema, rule);
    if (value->kind == NODE_MAP && count_kinds(value) != 1) {
        complaints_add(context->complaints, node_place(value),
                       "a rule has exactly one of prefix, suffix, tail, pattern");
    }
}

static const struct schema_text *rule_text(const struct model_rule *rule, size_t *kind)
{
    for (size_t i = 0; i < MODEL_RULE_KINDS; i++) {
        if (rule->texts[i].at) {
            *kind = i;
            return &rule->texts[i];
        }
    }
    return NULL;
}

static void check_rule_is_new(const struct schema_context *context,
                              const struct model_rule *rules, size_t index)
{
    size_t kind = 0;
    const struct schema_text *text = rule_text(&rules[index], &kind);
    for (size_t i = 0; text && i < index; i++) {
        const struct schema_text *earlier = &rules[i].texts[kind];
        if (earlier->at && strcasecmp(earlier->text, text->text) == 0) {
            complaints_add(context->complaints, node_place(text->at),
                           "the %s \"%s\" stands in line %u already", rule_names[kind],
                           complaints_quote(text->text).text, earlier->at->line);
            return;
        }
    }
}

void model_read_rules(const struct schema_context *context, const struct node *root,
                      struct schema_list *rules)
{
    static const struct schema_key each = {.read = read_rule};
    static const struct schema_items items = {sizeof(struct model_rule), &each, 0, 5000};
    static const struct schema_key whole = {.detail = &items};
    schema_read_list(context, root, &whole, rules);
    for (size_t i = 0; i < rules->count; i++) {
        check_rule_is_new(context, rules->items, i);
    }
}
