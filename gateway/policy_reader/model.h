/*
 * A policy as read: what each file says, with the nodes that say it. model_read() fills it
 * from the files one by one, model_check() resolves what files say of each other, and
 * image_write() turns it into an image. All of it lives in one arena.
 */
#ifndef GARITA_POLICY_READER_MODEL_H
#define GARITA_POLICY_READER_MODEL_H

#include "policy/image.h"
#include "policy_reader/schema.h"

struct model_findings {
    uint8_t verdicts[IMAGE_VERDICTS]; /* enum verdict or IMAGE_NO_VERDICT */
};

/* 0: not limited */
struct model_quota {
    struct schema_number bytes;
    struct schema_number files;
};

enum model_proxying { MODEL_PROXY_OFF, MODEL_PROXY_REQUIRED };

struct model_listener {
    struct schema_number protocol; /* of model_protocols */
    struct schema_text address;
    struct schema_number port;
    struct schema_number proxy_protocol; /* enum model_proxying */
    struct schema_list proxy_from;       /* schema_text */
};

struct model_agency {
    struct schema_text name;
    struct schema_text time_zone;
    struct schema_number language; /* enum language */
};

/* garita.yaml */
struct model_garita {
    struct model_agency agency;
    struct schema_number uid_base;
    struct schema_list operators; /* schema_number */
    struct schema_list listen;    /* model_listener */
    struct schema_number limits[POLICY_LIMIT_COUNT];
    struct schema_list partial_endings; /* schema_text */
    struct model_findings findings;
};

struct model_mount {
    struct schema_text name;    /* at: the key */
    struct schema_number view;  /* enum policy_view; not in an account's */
    uint32_t rights;            /* one bit a right */
    const struct node *list_at; /* the list of rights; NULL: it was complained about */
    const struct node *right_at[POLICY_RIGHT_COUNT];
};

/* roles/NAME.yaml */
struct model_role {
    const struct source_file *file;
    const struct node *root; /* NULL: could not be read, and has been complained about */
    struct schema_number kind; /* enum policy_kind */
    struct schema_list views;  /* model_mount, by name */
    struct schema_number max_file;
    struct model_quota quota;
    struct model_findings findings;
    uint32_t index; /* in the image */
};

/* clients/ANY.yaml */
struct model_client {
    const struct source_file *file;
    const struct node *root;
    struct schema_text rfc;
    struct schema_text name;
    uint32_t index;
};

struct model_service {
    struct schema_text client;
    struct schema_list aduanas;  /* schema_text */
    struct schema_list patentes; /* schema_text */
    const struct model_client *resolved;
};

/* accounts/NAME.yaml */
struct model_account {
    const struct source_file *file;
    const struct node *root;
    struct schema_text role;
    struct schema_number language; /* enum language */
    struct schema_text client;
    struct schema_list serves; /* model_service */
    struct schema_list views;  /* model_mount, without a view */
    struct schema_number max_file;
    struct model_quota quota;
    const struct model_role *resolved;
    const struct model_client *own; /* of a client's account */
    struct schema_list mounts;      /* model_mount, by name: the role's, narrowed */
    bool narrowed;
};

/* an item of document-types.yaml */
struct model_type {
    const struct node *root;
    struct schema_text code;
    struct schema_text title;
    struct schema_list formats; /* schema_text */
    struct schema_flag flags[IMAGE_FLAG_COUNT];
    struct model_findings findings;
    uint32_t index;
};

/* an item of names.yaml */
enum { MODEL_RULE_KINDS = POLICY_NAME_PATTERN + 1 };
struct model_rule {
    const struct node *root;
    struct schema_text texts[MODEL_RULE_KINDS]; /* exactly one is there */
    struct schema_text type;
    const struct model_type *resolved;
};

struct model {
    struct model_garita garita;
    struct schema_list roles;    /* model_role, by name */
    struct schema_list clients;  /* model_client; after model_check() by RFC */
    struct schema_list accounts; /* model_account, by name */
    struct schema_list types;    /* model_type; after model_check() by code */
    struct schema_list rules;    /* model_rule, in the file's order */
};

/* Reads every file. Complaints say what is wrong; false: memory ran out. */
bool model_read(const struct schema_context *context, const struct sources *sources,
                struct model *model);

/* After it, and without complaints, every `resolved` and `index` is set. */
void model_check(const struct schema_context *context, struct model *model);

/* One reader a kind of file, for model_read(); root is the file's tree. */
void model_read_garita(const struct schema_context *context, const struct node *root,
                       struct model_garita *garita);
void model_read_types(const struct schema_context *context, const struct node *root,
                      struct schema_list *types);
void model_read_rules(const struct schema_context *context, const struct node *root,
                      struct schema_list *rules);
void model_read_role(const struct schema_context *context, const struct node *root,
                     struct model_role *role);
void model_read_client(const struct schema_context *context, const struct node *root,
                       struct model_client *client);
void model_read_account(const struct schema_context *context, const struct node *root,
                        struct model_account *account);

/* What several files share. */
extern const struct schema_bounds model_max_file_bounds;
extern const char *const model_protocols[];
extern const struct schema model_quota_schema;
extern const struct schema_words model_languages;
void model_findings_init(struct model_findings *findings);
void model_findings_read(const struct schema_context *context, const struct node *value,
                         const struct schema_key *key, void *field);
/* schema_list of model_mount; detail: a bool, whether they name views and new mounts. */
void model_mounts_read(const struct schema_context *context, const struct node *value,
                       const struct schema_key *key, void *field);
/* Names of roles and accounts: ^[a-z][a-z0-9._-]{0,63}$. */
bool model_is_stem(const char *text);

#endif
