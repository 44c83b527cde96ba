/*
 * From libyaml's events to a tree. A stack of open lists and maps; each event adds one node to
 * the innermost. Complaints about syntax end the file; those about a value go on.
 */
#include "policy_reader/node.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/auto.h"

struct level {
    struct node *node;
    const struct node *key; /* in a map: read, its value not yet */
};

struct building {
    const struct source_file *file;
    struct arena *arena;
    struct complaints *complaints;
    struct level levels[NODE_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    size_t documents;
    struct node *root;
    bool spoilt;  /* complained of something that leaves no tree to go on with */
    bool stopped; /* nothing further in the file is looked at */
};

struct complaint_place node_place(const struct node *node)
{
    return (struct complaint_place){
        .file = node->file->path, .line = node->line, .column = node->column};
}

bool node_is_empty(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->plain && node->text[0] == '\0';
}

static struct complaint_place mark_place(const struct building *building,
                                         yaml_mark_t mark)
{
    return (struct complaint_place){.file = building->file->path,
                                    .line = (uint32_t)mark.line + 1,
                                    .column = (uint32_t)mark.column + 1};
}

static void spoil(struct building *building, yaml_mark_t mark, const char *sentence)
{
    complaints_add(building->complaints, mark_place(building, mark), "%s", sentence);
    building->spoilt = true;
}

static void stop(struct building *building, yaml_mark_t mark, const char *sentence)
{
    spoil(building, mark, sentence);
    building->stopped = true;
}

/* Appends to the innermost list or map, or becomes the root. */
static void attach(struct building *building, struct node *node)
{
    if (building->depth == 0) {
        building->root = node;
        return;
    }
    struct level *level = &building->levels[building->depth - 1];
    if (level->node->kind == NODE_MAP && !level->key) {
        level->key = node;
        return;
    }
    node->key = level->key;
    level->key = NULL;
    if (level->node->last) {
        level->node->last->next = node;
    } else {
        level->node->first = node;
    }
    level->node->last = node;
    level->node->count++;
}

static bool awaits_key(const struct building *building)
{
    if (building->depth == 0) {
        return false;
    }
    const struct level *level = &building->levels[building->depth - 1];
    return level->node->kind == NODE_MAP && !level->key;
}

static struct node *add_node(struct building *building, enum node_kind kind,
                             yaml_mark_t mark)
{
    if (++building->nodes > NODE_COUNT_MAX) {
        stop(building, mark, "the file holds more than 200,000 values");
        return NULL;
    }
    struct node *node = arena_take(building->arena, sizeof *node);
    if (!node) {
        stop(building, mark, "the policy is too large");
        return NULL;
    }
    node->kind = kind;
    node->file = building->file;
    node->line = (uint32_t)mark.line + 1;
    node->column = (uint32_t)mark.column + 1;
    node->text = "";
    return node;
}

static void refuse_marks(struct building *building, const yaml_event_t *event,
                         const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor) {
        spoil(building, event->start_mark,
              "anchors (&name) are not used here: write the value where it is needed");
    }
    if (tag) {
        spoil(building, event->start_mark, "tags (!name) are not used here");
    }
}

static void add_scalar(struct building *building, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    refuse_marks(building, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(value, '\0', size)) {
        spoil(building, event->start_mark, "a text holds a NUL character");
    }
    struct node *node = add_node(building, NODE_SCALAR, event->start_mark);
    const char *text = node ? arena_copy(building->arena, value, size) : NULL;
    if (!text) {
        building->stopped = building->spoilt = true;
        return;
    }
    node->text = text;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    attach(building, node);
}

static void open_level(struct building *building, const yaml_event_t *event,
                       enum node_kind kind)
{
    if (awaits_key(building)) {
        stop(building, event->start_mark, "a key must be a text");
        return;
    }
    if (building->depth == NODE_DEPTH_MAX) {
        stop(building, event->start_mark, "lists and maps nest more than 16 deep");
        return;
    }
    struct node *node = add_node(building, kind, event->start_mark);
    if (!node) {
        return;
    }
    attach(building, node);
    building->levels[building->depth++] = (struct level){.node = node};
}

static void open_list(struct building *building, const yaml_event_t *event)
{
    refuse_marks(building, event, event->data.sequence_start.anchor,
                 event->data.sequence_start.tag);
    open_level(building, event, NODE_LIST);
}

static void open_map(struct building *building, const yaml_event_t *event)
{
    refuse_marks(building, event, event->data.mapping_start.anchor,
                 event->data.mapping_start.tag);
    open_level(building, event, NODE_MAP);
}

static void close_list(struct building *building, const yaml_event_t *event)
{
    (void)event;
    building->depth--;
}

static int compare_keys(const void *left, const void *right)
{
    const struct node *a = *(struct node *const *)left;
    const struct node *b = *(struct node *const *)right;
    int order = strcmp(a->key->text, b->key->text);
    if (order != 0) {
        return order;
    }
    if (a->key->line != b->key->line) {
        return a->key->line < b->key->line ? -1 : 1;
    }
    return (a->key->column > b->key->column) - (a->key->column < b->key->column);
}

static void complain_of_doubles(const struct building *building, const struct node *map)
{
    AUTO_FREE struct node **sorted = calloc(map->count, sizeof *sorted);
    if (!sorted) {
        return;
    }
    size_t count = 0;
    for (struct node *value = map->first; value; value = value->next) {
        sorted[count++] = value;
    }
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) == 0) {
            complaints_add(building->complaints, node_place(sorted[i]->key),
                           "the key \"%s\" stands here a second time",
                           complaints_quote(sorted[i]->key->text).text);
        }
    }
}

static void close_map(struct building *building, const yaml_event_t *event)
{
    (void)event;
    const struct node *map = building->levels[--building->depth].node;
    if (map->count > 1) {
        complain_of_doubles(building, map);
    }
}

static void refuse_alias(struct building *building, const yaml_event_t *event)
{
    spoil(building, event->start_mark,
          "aliases (*name) are not used here: write the value where it is needed");
    struct node *node = add_node(building, NODE_SCALAR, event->start_mark);
    if (node) {
        attach(building, node);
    }
}

static void start_document(struct building *building, const yaml_event_t *event)
{
    if (++building->documents > 1) {
        stop(building, event->start_mark,
             "a second document starts here: a file has one");
    }
}

static void end_stream(struct building *building, const yaml_event_t *event)
{
    (void)event;
    building->stopped = true;
}

static void (*const handlers[])(struct building *building, const yaml_event_t *event) = {
    [YAML_STREAM_END_EVENT] = end_stream,    [YAML_DOCUMENT_START_EVENT] = start_document,
    [YAML_ALIAS_EVENT] = refuse_alias,       [YAML_SCALAR_EVENT] = add_scalar,
    [YAML_SEQUENCE_START_EVENT] = open_list, [YAML_SEQUENCE_END_EVENT] = close_list,
    [YAML_MAPPING_START_EVENT] = open_map,   [YAML_MAPPING_END_EVENT] = close_map,
};

/* libyaml tells of bytes that it cannot decode by their offset alone. */
static yaml_mark_t mark_of_offset(struct bytes bytes, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < bytes.size; i++) {
        if (bytes.at[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((bytes.at[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static void complain_of_syntax(struct building *building, const yaml_parser_t *parser,
                               struct bytes bytes)
{
    bool undecoded = parser->error == YAML_READER_ERROR;
    yaml_mark_t mark =
        undecoded ? mark_of_offset(bytes, parser->problem_offset) : parser->problem_mark;
    const char *problem = parser->problem ? parser->problem : "out of memory";
    complaints_add(building->complaints, mark_place(building, mark), "%s: %s%s%s",
                   undecoded ? "not UTF-8 text" : "not YAML", problem,
                   parser->context ? " " : "", parser->context ? parser->context : "");
    building->stopped = building->spoilt = true;
}

/* Notepad puts one in front. */
static struct bytes without_byte_order_mark(struct bytes bytes)
{
    if (bytes.size >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0) {
        return (struct bytes){bytes.at + 3, bytes.size - 3};
    }
    return bytes;
}

static void run(struct building *building, yaml_parser_t *parser, struct bytes bytes)
{
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, bytes.at, bytes.size);
    while (!building->stopped) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            complain_of_syntax(building, parser, bytes);
            return;
        }
        if ((size_t)event.type < ARRAY_SIZE(handlers) && handlers[event.type]) {
            handlers[event.type](building, &event);
        }
        yaml_event_delete(&event);
    }
}

struct node *node_parse(const struct source_file *file, struct arena *arena,
                        struct complaints *complaints)
{
    struct building building = {.file = file, .arena = arena, .complaints = complaints};
    struct complaint_place whole = {.file = file->path};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        complaints_add(complaints, whole, "out of memory");
        return NULL;
    }
    run(&building, &parser, without_byte_order_mark(file->bytes));
    yaml_parser_delete(&parser);
    if (building.spoilt) {
        return NULL;
    }
    if (!building.root || node_is_empty(building.root)) {
        complaints_add(complaints, whole, "the file is empty");
        return NULL;
    }
    return building.root;
}
