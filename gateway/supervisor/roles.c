/*
 * roles.def as tables (supervisor): what is started, as whom, and who gets a channel to whom.
 */
#include "supervisor/supervisor.h"

enum lifetime { LIFETIME_ALWAYS, LIFETIME_ONCE, LIFETIME_CALLER };

struct role_row {
    const char *executable;
    uint32_t user;
    enum lifetime lifetime;
};

static const struct role_row rows[ROLE_COUNT] = {
#define ROLE(name, executable, user, lifetime, libraries) \
    [ROLE_##name] = {executable, user, LIFETIME_##lifetime},
#define ARROW(from, to, kind)
#include "roles.def"
#undef ROLE
#undef ARROW
};

const struct arrow arrows[] = {
#define ROLE(name, executable, user, lifetime, libraries)
#define ARROW(from, to, kind) {ROLE_##from, ROLE_##to, ARROW_##kind},
#include "roles.def"
#undef ROLE
#undef ARROW
};
const size_t arrow_count = ARRAY_SIZE(arrows);

bool role_is_kept(enum role role)
{
    return rows[role].lifetime == LIFETIME_ALWAYS;
}

const char *role_executable(enum role role)
{
    return rows[role].executable;
}

const char *role_name(enum role role)
{
    const char *dash = strchr(rows[role].executable, '-');
    return dash ? dash + 1 : rows[role].executable;
}

uint32_t role_uid(const struct supervisor *supervisor, enum role role)
{
    return supervisor->root ? policy_agency(supervisor->policy).uid_base + rows[role].user
                            : 0;
}
