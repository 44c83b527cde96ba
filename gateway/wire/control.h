#ifndef GARITA_WIRE_CONTROL_H
#define GARITA_WIRE_CONTROL_H

#include "wire/message.h"

#include "wire/role.h"

/* How a connection ended, for the penalties of its source. */
enum connection_outcome {
    CONNECTION_SERVED,      /* logged in and left */
    CONNECTION_NO_LOGIN,    /* left before trying */
    CONNECTION_LOGIN_FAILED /* tried in vain, or ran out of time */
};

#define WIRE_DEF "wire/control.def"
#include "wire/declare.h"

#endif
