/*
 * The walker of schema tables and the readers of plain values. Pure; knows no key by name.
 */
#include "policy_reader/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

enum {
    TEXT_MAX = 200,      /* bytes of a text in a policy */
    WORDS_LISTED_MAX = 6 /* in a complaint */
};

/* ---- maps -------------------------------------------------------------------------- */

static const char *const kind_names[] = {
    [NODE_SCALAR] = "a value", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};

bool schema_expect(const struct schema_context *context, const struct node *value,
                   enum node_kind kind, const char *expected)
{
    if (value->kind == kind && !node_is_empty(value)) {
        return true;
    }
    const char *found = node_is_empty(value) ? "nothing" : kind_names[value->kind];
    complaints_add(context->complaints, node_place(value), "expected %s, found %s",
                   expected, found);
    return false;
}

static const struct schema_key *find_key(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcmp(schema->keys[i].name, name) == 0) {
            return &schema->keys[i];
        }
    }
    return NULL;
}

static void complain_of_key(const struct schema_context *context,
                            const struct schema *schema, const struct node *key)
{
    struct complaint_guess guess = {.wrong = key->text};
    for (size_t i = 0; i < schema->count; i++) {
        complaints_guess(&guess, schema->keys[i].name);
    }
    complaints_add(context->complaints, node_place(key), "unknown key \"%s\"%s",
                   complaints_quote(key->text).text, complaints_guessed(&guess).text);
}

static bool has_key(const struct node *map, const char *name)
{
    for (const struct node *value = map->first; value; value = value->next) {
        if (strcmp(value->key->text, name) == 0) {
            return true;
        }
    }
    return false;
}

static void complain_of_missing(const struct schema_context *context,
                                const struct schema *schema, const struct node *map)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_key *key = &schema->keys[i];
        if (key->required && !has_key(map, key->name)) {
            complaints_add(context->complaints, node_place(map),
                           "the key \"%s\" is missing", key->name);
        }
    }
}

void schema_read(const struct schema_context *context, const struct node *map,
                 const struct schema *schema, void *target)
{
    if (!schema_expect(context, map, NODE_MAP, "a map of keys and values")) {
        return;
    }
    for (const struct node *value = map->first; value; value = value->next) {
        const struct schema_key *key = find_key(schema, value->key->text);
        if (key) {
            key->read(context, value, key, (char *)target + key->offset);
        } else {
            complain_of_key(context, schema, value->key);
        }
    }
    complain_of_missing(context, schema, map);
}

void schema_read_map(const struct schema_context *context, const struct node *value,
                     const struct schema_key *key, void *field)
{
    schema_read(context, value, key->detail, field);
}

void schema_read_list(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    const struct schema_items *items = key->detail;
    struct schema_list *list = field;
    if (!schema_expect(context, value, NODE_LIST, "a list")) {
        return;
    }
    if (value->count < items->least) {
        complaints_add(context->complaints, node_place(value), "the list is empty");
        return;
    }
    if (items->most > 0 && value->count > items->most) {
        complaints_add(context->complaints, node_place(value),
                       "the list has more than %zu items", items->most);
        return;
    }
    char *taken = arena_take_array(context->arena, value->count, items->size);
    if (!taken) {
        return;
    }
    size_t index = 0;
    for (const struct node *item = value->first; item; item = item->next) {
        items->each->read(context, item, items->each, taken + index * items->size);
        index++;
    }
    *list = (struct schema_list){.items = taken, .count = value->count, .at = value};
}

/* ---- scalars ----------------------------------------------------------------------- */

static bool is_visible(const char *text)
{
    size_t size = strlen(text);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at < 0x20 || *at == 0x7f) {
            return false;
        }
    }
    return size > 0 && size <= TEXT_MAX && text[0] != ' ' && text[size - 1] != ' ';
}

void schema_read_text(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    static const struct schema_form any = {
        is_visible, "a text of 1 to 200 bytes without control characters"};
    const struct schema_form *form = key->detail ? key->detail : &any;
    struct schema_text *text = field;
    if (!schema_expect(context, value, NODE_SCALAR, form->expected)) {
        return;
    }
    if (!is_visible(value->text) || !form->fits(value->text)) {
        complaints_add(context->complaints, node_place(value),
                       "expected %s, found \"%s\"", form->expected,
                       complaints_quote(value->text).text);
        return;
    }
    *text = (struct schema_text){.text = value->text, .at = value};
}

/* Decimal digits, no sign, no leading zero; what follows them is *rest. */
static bool take_number(const char *text, uint64_t *number, const char **rest)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value)) {
            return false;
        }
    }
    *number = value;
    *rest = at;
    return at > text && (text[0] != '0' || at == text + 1);
}

static bool take_unit(const char *text, uint64_t *factor)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    while (*text == ' ') {
        text++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strcmp(units[i].name, text) == 0) {
            *factor = UINT64_C(1) << units[i].shift;
            return true;
        }
    }
    return false;
}

static void store_number(const struct schema_context *context, const struct node *value,
                         const struct schema_bounds *bounds, struct schema_number found,
                         struct schema_number *number)
{
    if (found.value < bounds->least || found.value > bounds->most) {
        complaints_add(context->complaints, node_place(value),
                       "%s is not between %" PRIu64 " and %" PRIu64,
                       complaints_quote(value->text).text, bounds->least, bounds->most);
        return;
    }
    *number = found;
}

void schema_read_number(const struct schema_context *context, const struct node *value,
                        const struct schema_key *key, void *field)
{
    struct schema_number found = {.at = value};
    const char *rest = "";
    if (!schema_expect(context, value, NODE_SCALAR, "a whole number")) {
        return;
    }
    if (!take_number(value->text, &found.value, &rest) || *rest) {
        complaints_add(context->complaints, node_place(value),
                       "expected a whole number, found \"%s\"",
                       complaints_quote(value->text).text);
        return;
    }
    store_number(context, value, key->detail, found, field);
}

void schema_read_size(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    static const char expected[] = "a size such as 2 GiB, 500 MiB or 1048576";
    struct schema_number found = {.at = value};
    const char *rest = "";
    uint64_t factor = 1;
    if (!schema_expect(context, value, NODE_SCALAR, expected)) {
        return;
    }
    if (!take_number(value->text, &found.value, &rest) || !take_unit(rest, &factor) ||
        __builtin_mul_overflow(found.value, factor, &found.value)) {
        complaints_add(context->complaints, node_place(value),
                       "expected %s, found \"%s\"", expected,
                       complaints_quote(value->text).text);
        return;
    }
    store_number(context, value, key->detail, found, field);
}

void schema_read_flag(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    (void)key;
    if (!schema_expect(context, value, NODE_SCALAR, "true or false")) {
        return;
    }
    bool on = strcmp(value->text, "true") == 0;
    if (!value->plain || (!on && strcmp(value->text, "false") != 0)) {
        complaints_add(context->complaints, node_place(value),
                       "expected true or false, found \"%s\"",
                       complaints_quote(value->text).text);
        return;
    }
    *(struct schema_flag *)field = (struct schema_flag){.value = on, .at = value};
}

/* "; one of accept, hold, reject", where there are few. */
static struct complaint_quote all_words(const struct schema_words *words)
{
    struct complaint_quote list = {""};
    size_t used = 0;
    for (size_t i = 0; i < words->count && words->count <= WORDS_LISTED_MAX; i++) {
        int added = snprintf(&list.text[used], sizeof list.text - used, "%s%s",
                             i == 0 ? "; one of " : ", ", words->words[i]);
        if (added < 0 || used + (size_t)added >= sizeof list.text) {
            break;
        }
        used += (size_t)added;
    }
    return list;
}

bool schema_word(const struct schema_context *context, const struct node *at,
                 const char *word, const struct schema_words *words, size_t *index)
{
    struct complaint_guess guess = {.wrong = word};
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->words[i], word) == 0) {
            *index = i;
            return true;
        }
        complaints_guess(&guess, words->words[i]);
    }
    complaints_add(context->complaints, node_place(at), "unknown %s \"%s\"%s",
                   words->kind, complaints_quote(word).text,
                   guess.best ? complaints_guessed(&guess).text : all_words(words).text);
    return false;
}

void schema_read_word(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field)
{
    const struct schema_words *words = key->detail;
    size_t index = 0;
    char expected[64];
    snprintf(expected, sizeof expected, "the %s", words->kind);
    if (schema_expect(context, value, NODE_SCALAR, expected) &&
        schema_word(context, value, value->text, words, &index)) {
        *(struct schema_number *)field =
            (struct schema_number){.value = index, .at = value};
    }
}
