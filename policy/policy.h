/*
 * The policy in force: who may do what, where, with which files. This is all of the policy
 * that other parts of the program include.
 *
 * garita-policy reads the YAML files and writes an image: flat records and a table of strings,
 * sealed in a memory file. policy_map() checks every offset in it once; afterwards looking
 * up is pure: no files, clock or globals. Everything that a function returns borrows the policy
 * and lives until policy_free(). What is not granted is denied.
 */
#ifndef GARITA_POLICY_H
#define GARITA_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/err.h"
#include "hooks/finding/finding.h"
#include "text/text.h"

struct policy;

/* fd, borrowed, must be sealed. */
struct policy *policy_map(int fd, struct err *err);
void policy_free(struct policy *policy);
DEFINE_AUTO(policy, policy_free);

uint64_t policy_version(const struct policy *policy); /* a digest of its contents */

/* ---- the agency -------------------------------------------------------------------- */

struct policy_agency {
    const char *name;
    const char *time_zone;  /* for people; "America/Mexico_City" */
    uint32_t uid_base;      /* of the roles' users when started as root */
    enum language language; /* of what is said before anybody is known */
};
struct policy_agency policy_agency(const struct policy *policy);

struct policy_listener {
    const char *protocol; /* "sftp" */
    const char *address;  /* numeric IPv4 or IPv6 */
    uint16_t port;
    bool proxied; /* a PROXY header comes first on every connection */
};
size_t policy_listener_count(const struct policy *policy);
struct policy_listener policy_listener(const struct policy *policy, size_t index);
/* Is this one of the proxies that may connect to it? */
bool policy_listener_proxies(const struct policy *policy, size_t index,
                             const char *address);

/* Limits of the whole gateway; names, defaults and units in policy/README.md. */
enum policy_limit {
#define LIMIT(name, key, fallback, least, most) POLICY_LIMIT_##name,
#include "policy/limits.def"
#undef LIMIT
    POLICY_LIMIT_COUNT
};
uint64_t policy_limit(const struct policy *policy, enum policy_limit limit);

/* User ids that may use the console, beside 0 and the user who started the gateway. */
bool policy_operator(const struct policy *policy, uint32_t uid);

/* ---- clients and accounts ---------------------------------------------------------- */

struct policy_client {
    const char *rfc;
    const char *name;
};
/* In the order of their RFC. */
size_t policy_client_count(const struct policy *policy);
struct policy_client policy_client(const struct policy *policy, size_t index);
bool policy_client_find(const struct policy *policy, const char *rfc, size_t *index);

enum policy_kind {
    POLICY_CORRESPONDENT,
    POLICY_CLIENT,
    POLICY_SYSTEM,
    POLICY_STAFF,
    POLICY_MANAGER
};

struct policy_account;
const struct policy_account *policy_account_find(const struct policy *policy,
                                                 const char *name);
/* In the order of their names. */
size_t policy_account_count(const struct policy *policy);
const struct policy_account *policy_account_at(const struct policy *policy, size_t index);
const char *policy_account_name(const struct policy_account *account);
enum policy_kind policy_account_kind(const struct policy_account *account);
enum language policy_account_language(const struct policy_account *account);
uint64_t policy_account_max_file(const struct policy_account *account); /* bytes */

/* What all its stored files may take together; 0: not limited. */
struct policy_quota {
    uint64_t bytes;
    uint64_t files;
};
struct policy_quota policy_account_quota(const struct policy_account *account);

/* Does it serve this client at all; and with this aduana-seccion (three digits; compared by
   the first two) and patente? Empty lists in the file mean every one. */
bool policy_serves_client(const struct policy *policy,
                          const struct policy_account *account, const char *rfc);
bool policy_serves(const struct policy *policy, const struct policy_account *account,
                   const char *rfc, const char *aduana, const char *patente);

/* ---- views: what hangs where in an account's tree ---------------------------------- */

enum policy_view {
#define VIEW(name, key) POLICY_VIEW_##name,
#include "policy/views.def"
#undef VIEW
    POLICY_VIEW_COUNT
};

enum policy_right {
#define RIGHT(name, key) POLICY_RIGHT_##name,
#include "policy/rights.def"
#undef RIGHT
    POLICY_RIGHT_COUNT
};

struct policy_mount {
    const char *name; /* one path segment: "entrada" */
    enum policy_view view;
};
/* In the order of their names. */
size_t policy_mount_count(const struct policy *policy,
                          const struct policy_account *account);
struct policy_mount policy_mount(const struct policy *policy,
                                 const struct policy_account *account, size_t index);

/* ---- document types ---------------------------------------------------------------- */

struct policy_document_type {
    const char *code;  /* "PEDIMENTO" */
    const char *title; /* "Pedimento completo pagado" */
    bool client_sees;
    bool correspondent_sees;
    bool correspondent_sends;
    bool expense_account; /* shown to clients under the expense accounts instead */
};
size_t policy_document_type_count(const struct policy *policy);
struct policy_document_type policy_document_type(const struct policy *policy,
                                                 size_t index);
bool policy_document_type_find(const struct policy *policy, const char *code,
                               size_t *index);
/* extension without dot, any case. */
bool policy_document_type_takes(const struct policy *policy, size_t index,
                                const char *extension);

/* How names tell the type; in the order in which they are tried. */
enum policy_name_rule_kind {
    POLICY_NAME_PREFIX, /* PED_... : text before the first '_' */
    POLICY_NAME_SUFFIX, /* REFERENCE@FAC... : text between the first and second '@' */
    POLICY_NAME_TAIL,   /* REFERENCE_IC.ext : text after the last '_' of the stem */
    POLICY_NAME_PATTERN /* the whole name; '#' a digit, '?' any one character, '*' any run */
};
struct policy_name_rule {
    enum policy_name_rule_kind kind;
    const char *text; /* matched without regard to case */
    size_t document_type;
};
size_t policy_name_rule_count(const struct policy *policy);
struct policy_name_rule policy_name_rule(const struct policy *policy, size_t index);

/* Names of unfinished uploads: endings such as ".filepart"; matched without regard to case. */
size_t policy_partial_ending_count(const struct policy *policy);
const char *policy_partial_ending(const struct policy *policy, size_t index);

/* ---- the decision ------------------------------------------------------------------ */

/* What somebody wants to do. NULL where a thing does not apply. */
struct policy_question {
    const struct policy_account *account;
    enum policy_view view;
    enum policy_right right;
    const char *rfc; /* whose digital file */
    const char *aduana;
    const char *patente;
    const char *document_type; /* code, when known */
    const char *media_type;    /* of stored content, when known */
    uint64_t size;             /* bytes that it would have, or 0 */
};

struct policy_decision {
    bool allowed;
    bool hidden;      /* denied, and to be answered as if it did not exist */
    enum text reason; /* the refusal, when not allowed */
    const char *rule; /* where that stands: "roles/corresponsal.yaml:12:5", "default" */
};

/* The one place where operations are decided. */
struct policy_decision policy_decide(const struct policy *policy,
                                     const struct policy_question *question);

/* What a finding means for this account and document type (NULL: not known yet). */
enum verdict policy_verdict(const struct policy *policy,
                            const struct policy_account *account,
                            const char *document_type, enum finding finding);

#endif
