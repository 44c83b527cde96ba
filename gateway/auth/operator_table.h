/*
 * The tables that operators read, as text: cells separated by tabs, one row a line. Not for
 * others than operator.c.
 */
#ifndef GARITA_AUTH_OPERATOR_TABLE_H
#define GARITA_AUTH_OPERATOR_TABLE_H

#include "auth/gate.h"
#include "base/buf.h"

/* One row an account of the policy. */
void operator_table_accounts(struct gate *gate, struct buf *table);

/* What is known of one account. False: the policy has none of this name. */
bool operator_table_account(struct gate *gate, const char *account, struct buf *table);

#endif
