/*
 * Claims on space (registry, the loop's thread). An entry stands here only while settlements of its
 * account are under way; it begins with what the catalogue says, when nothing is, and goes on
 * by its own count, since the catalogue's changes a moment before we hear of it.
 */
#include "registry/space.h"

#include <stdlib.h>
#include <string.h>

struct space {
    struct space *next;
    size_t claims; /* under way */
    struct catalogue_usage used;
    char account[CATALOGUE_ACCOUNT_SIZE];
};

static struct space **find(struct space **link, const char *account)
{
    while (*link && strcmp((*link)->account, account) != 0) {
        link = &(*link)->next;
    }
    return link;
}

struct catalogue_usage space_used(const struct registry *registry, const char *account)
{
    struct space *first = registry->spaces;
    const struct space *space = *find(&first, account);
    return space ? space->used : catalogue_usage(registry->catalogue, account);
}

bool space_exceeded(const struct registry *registry, const struct policy_account *account,
                    uint64_t size)
{
    struct policy_quota quota = policy_account_quota(account);
    if (quota.bytes == 0 && quota.files == 0) {
        return false;
    }
    struct catalogue_usage used = space_used(registry, policy_account_name(account));
    bool bytes =
        quota.bytes > 0 && (used.bytes > quota.bytes || size > quota.bytes - used.bytes);
    return bytes || (quota.files > 0 && used.files >= quota.files);
}

bool space_full(const struct registry *registry, const struct policy_account *account)
{
    return space_exceeded(registry, account, 1);
}

static struct space *space_new(struct registry *registry, const char *account)
{
    struct space *space = calloc(1, sizeof *space);
    if (!space) {
        die("no memory to count space");
    }
    strcpy(space->account, account);
    space->used = catalogue_usage(registry->catalogue, account);
    return space;
}

void space_claim(struct registry *registry, const char *account, uint64_t size)
{
    struct space **link = find(&registry->spaces, account);
    if (!*link) {
        *link = space_new(registry, account);
    }
    (*link)->claims++;
    (*link)->used.bytes += size;
    (*link)->used.files++;
}

void space_settle(struct registry *registry, const char *account, uint64_t size,
                  bool kept)
{
    struct space **link = find(&registry->spaces, account);
    struct space *space = *link;
    if (!space) {
        bug("space of %s was settled and not claimed", account);
    }
    if (!kept) {
        space->used.bytes -= size;
        space->used.files--;
    }
    if (--space->claims == 0) {
        *link = space->next;
        free(space);
    }
}
