/*
 * The roles by number, as roles.def lists them. GARITA is the supervisor itself.
 */
#ifndef GARITA_WIRE_ROLE_H
#define GARITA_WIRE_ROLE_H

enum role {
#define ROLE(name, executable, user, lifetime, libraries) ROLE_##name,
#define ARROW(from, to, kind)
#include "roles.def"
#undef ROLE
#undef ARROW
    ROLE_COUNT
};

#endif
