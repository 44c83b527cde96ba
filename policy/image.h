/*
 * The layout of a policy image: a header, then sections of fixed-size records that refer to
 * each other by index and to texts by their offset in the table of strings. Written by
 * garita-policy (gateway/policy_reader/build.c), read by policy_map(); nobody else includes
 * this. Native byte order: it never leaves the machine nor outlives the program.
 *
 * Every text that a decision may cite as its rule is a place, "roles/NAME.yaml:12:5".
 */
#ifndef GARITA_POLICY_IMAGE_H
#define GARITA_POLICY_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "policy/network.h"
#include "policy/policy.h"

enum image_section {
    IMAGE_AGENCY,    /* one image_agency */
    IMAGE_LISTENERS, /* in the order of the file */
    IMAGE_NETWORKS,  /* struct network */
    IMAGE_OPERATORS, /* uint32_t user ids, ascending */
    IMAGE_CLIENTS,   /* by RFC */
    IMAGE_ROLES,     /* by name */
    IMAGE_ACCOUNTS,  /* by name */
    IMAGE_SERVICES,  /* by client within an account; accounts' ranges follow each other */
    IMAGE_MOUNTS,    /* by name within an account; accounts of one role share them */
    IMAGE_NUMBERS, /* uint32_t aduanas (two digits) and patentes, ascending in a range */
    IMAGE_TYPES,   /* by code */
    IMAGE_RULES,   /* in the order in which they are tried */
    IMAGE_TEXTS,   /* uint32_t offsets of texts: formats, partial endings */
    IMAGE_STRINGS, /* bytes; the last is NUL */
    IMAGE_SECTION_COUNT
};

enum {
    IMAGE_SIZE_MAX = 256 * 1024 * 1024,
    IMAGE_VERDICTS = 64,     /* room for every finding there can be */
    IMAGE_NO_VERDICT = 0xff, /* this level does not say */
    IMAGE_MOUNTS_MAX = 64    /* of one account */
};

#define IMAGE_MAGIC "GARITAP1"

/* Records first .. first + count - 1 of a section; in the header, first is a byte offset. */
struct image_range {
    uint32_t first;
    uint32_t count;
};

struct image_header {
    char magic[8];
    uint64_t version; /* image_digest() */
    uint32_t layout;  /* image_layout(): made by the same program */
    uint32_t size;    /* of the whole image */
    struct image_range sections[IMAGE_SECTION_COUNT];
};

struct image_agency {
    uint64_t limits[POLICY_LIMIT_COUNT];
    uint32_t name;
    uint32_t time_zone;
    uint32_t uid_base;
    uint32_t language;                  /* enum language */
    struct image_range partial_endings; /* IMAGE_TEXTS */
    uint8_t verdicts[IMAGE_VERDICTS];
};

struct image_listener {
    uint32_t protocol;
    uint32_t address;
    uint32_t port;
    uint32_t proxied;            /* 0 or 1 */
    struct image_range networks; /* IMAGE_NETWORKS: its proxies; some, if proxied */
};

struct image_client {
    uint32_t rfc;
    uint32_t name;
};

struct image_role {
    uint32_t name;
    uint32_t place; /* of its views, or of the file when it has none */
    uint8_t verdicts[IMAGE_VERDICTS];
};

struct image_account {
    uint64_t max_file;
    struct policy_quota quota;
    uint32_t name;
    uint32_t role; /* IMAGE_ROLES */
    uint32_t kind; /* enum policy_kind */
    uint32_t language;
    uint32_t max_file_place;
    uint32_t clients_place; /* of `serves` or `client` */
    struct image_range mounts;
    struct image_range services; /* a client's account has one: itself */
};

struct image_service {
    uint32_t client; /* IMAGE_CLIENTS */
    uint32_t place;
    struct image_range aduanas; /* IMAGE_NUMBERS; none means every one */
    struct image_range patentes;
};

struct image_mount {
    uint32_t name;
    uint32_t view;
    uint32_t rights; /* one bit a right */
    uint32_t place;  /* of the list of rights */
    uint32_t right_places[POLICY_RIGHT_COUNT];
};

enum image_flag {
    IMAGE_CLIENT_SEES,
    IMAGE_CORRESPONDENT_SEES,
    IMAGE_CORRESPONDENT_SENDS,
    IMAGE_EXPENSE_ACCOUNT,
    IMAGE_FLAG_COUNT
};

struct image_type {
    uint32_t code;
    uint32_t title;
    uint32_t flags; /* one bit an image_flag */
    uint32_t places[IMAGE_FLAG_COUNT];
    struct image_range formats; /* IMAGE_TEXTS; '#' is a digit */
    uint8_t verdicts[IMAGE_VERDICTS];
};

struct image_rule {
    uint32_t kind; /* enum policy_name_rule_kind */
    uint32_t text;
    uint32_t type; /* IMAGE_TYPES */
};

size_t image_record_size(enum image_section section);

/* Differs between programs whose records or closed lists differ. */
uint32_t image_layout(void);

/* FNV-1a, 64 bits, of all that follows the header's `version`. It names an image; it does
   not protect one: the seal does. */
uint64_t image_digest(struct bytes image);

#endif
