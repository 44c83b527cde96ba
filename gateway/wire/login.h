#ifndef GARITA_WIRE_LOGIN_H
#define GARITA_WIRE_LOGIN_H

#include "wire/message.h"

enum login_result {
    LOGIN_GRANTED, /* the registry knows; the session may go on */
    LOGIN_USABLE,  /* answer to a probe: this key may be tried */
    LOGIN_DENIED
};

#define WIRE_DEF "wire/login.def"
#include "wire/declare.h"

#endif
