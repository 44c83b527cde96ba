/*
 * What may stand in a file, as tables: a key, how its value is read, where it goes. The walker
 * complains of unknown, missing and misplaced keys; the readers below of values. Values keep
 * their nodes, for the places that decisions cite and for complaints that come later.
 */
#ifndef GARITA_POLICY_READER_SCHEMA_H
#define GARITA_POLICY_READER_SCHEMA_H

#include "policy_reader/node.h"

/* Values as read; `at` is NULL for what does not stand in the file or was complained about. */
struct schema_text {
    const char *text;
    const struct node *at;
};
struct schema_number {
    uint64_t value;
    const struct node *at;
};
struct schema_flag {
    bool value;
    const struct node *at;
};
struct schema_list {
    void *items; /* of the type that the list's reader says */
    size_t count;
    const struct node *at;
};

struct schema_context {
    struct arena *arena;
    struct complaints *complaints;
};

struct schema_key;
typedef void (*schema_reader)(const struct schema_context *context,
                              const struct node *value, const struct schema_key *key,
                              void *field);

struct schema_key {
    const char *name;
    schema_reader read;
    size_t offset; /* of the field in the struct that the map becomes */
    bool required;
    const void *detail; /* for the reader */
};

struct schema {
    const struct schema_key *keys;
    size_t count;
};
#define SCHEMA(table)                               \
    {                                               \
        .keys = (table), .count = ARRAY_SIZE(table) \
    }

/* Fills target, which is zeroed or holds defaults, from a map. */
void schema_read(const struct schema_context *context, const struct node *map,
                 const struct schema *schema, void *target);

/* struct schema_text; detail: a schema_form, or NULL for any visible text. */
struct schema_form {
    bool (*fits)(const char *text);
    const char *expected; /* "an RFC" */
};
void schema_read_text(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field);

/* struct schema_number; detail: schema_bounds. */
struct schema_bounds {
    uint64_t least;
    uint64_t most;
};
void schema_read_number(const struct schema_context *context, const struct node *value,
                        const struct schema_key *key, void *field);
void schema_read_size(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field);

/* struct schema_flag. */
void schema_read_flag(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field);

/* struct schema_number, the index of the word; detail: schema_words. */
struct schema_words {
    const char *const *words;
    size_t count;
    const char *kind; /* "language" */
};
void schema_read_word(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field);

/* struct schema_list of what `each` reads; detail: schema_items. */
struct schema_items {
    size_t size; /* of one item */
    const struct schema_key *each;
    size_t least; /* items */
    size_t most;  /* 0: as many as a file holds */
};
void schema_read_list(const struct schema_context *context, const struct node *value,
                      const struct schema_key *key, void *field);

/* A struct; detail: struct schema. */
void schema_read_map(const struct schema_context *context, const struct node *value,
                     const struct schema_key *key, void *field);

/* For readers of their own: complains unless the value is of that kind and not empty. */
bool schema_expect(const struct schema_context *context, const struct node *value,
                   enum node_kind kind, const char *expected);
bool schema_word(const struct schema_context *context, const struct node *at,
                 const char *word, const struct schema_words *words, size_t *index);

#endif
