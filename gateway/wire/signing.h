#ifndef GARITA_WIRE_SIGNING_H
#define GARITA_WIRE_SIGNING_H

#include "wire/message.h"

#define WIRE_DEF "wire/signing.def"
#include "wire/declare.h"

#endif
