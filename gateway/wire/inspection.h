#ifndef GARITA_WIRE_INSPECTION_H
#define GARITA_WIRE_INSPECTION_H

#include "wire/message.h"

#include "hooks/finding/finding.h"

#define WIRE_DEF "wire/inspection.def"
#include "wire/declare.h"

#endif
