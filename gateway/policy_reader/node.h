/*
 * A YAML file as a tree in which every value knows its file, line and column. Built from
 * libyaml's events: scalars stay texts as written, so that no YAML 1.1 rule turns "no" into
 * false or 010 into eight. Anchors, aliases, tags, several documents and double keys are
 * complained about, and the limits below hold whatever the file says.
 *
 * SECURITY: libyaml runs in garita-policy alone, inside its sandbox.
 */
#ifndef GARITA_POLICY_READER_NODE_H
#define GARITA_POLICY_READER_NODE_H

#include "policy_reader/arena.h"
#include "policy_reader/complaints.h"
#include "policy_reader/source.h"

enum { NODE_DEPTH_MAX = 16, NODE_COUNT_MAX = 200000 /* in one file */ };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool plain; /* a scalar without quotes */
    uint32_t line;
    uint32_t column;
    const struct source_file *file;
    const char *text;       /* of a scalar; UTF-8 without NUL */
    const struct node *key; /* of a value in a map */
    struct node *first;     /* of a list or map, in the file's order */
    struct node *last;
    struct node *next;
    size_t count;
};

/* NULL, with complaints: there is no tree to go on with. */
struct node *node_parse(const struct source_file *file, struct arena *arena,
                        struct complaints *complaints);

struct complaint_place node_place(const struct node *node);

/* A plain scalar of no characters: `key:` and nothing behind it. */
bool node_is_empty(const struct node *node);

#endif
