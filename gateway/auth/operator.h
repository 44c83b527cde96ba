/*
 * What operators ask of garita-auth through the console: the `account` commands. Texts of answers
 * are msgids, which the console translates; tables are lines of cells separated by tabs, the
 * first line naming the columns.
 */
#ifndef GARITA_AUTH_OPERATOR_H
#define GARITA_AUTH_OPERATOR_H

#include "auth/gate.h"

/* One call of the console. uid is who the kernel says that it is. */
void operator_add(struct gate *gate, uint32_t uid, int take_channel);

#endif
