#ifndef GARITA_WIRE_CONSOLE_H
#define GARITA_WIRE_CONSOLE_H

#include "wire/message.h"

#define WIRE_DEF "wire/console.def"
#include "wire/declare.h"

#endif
