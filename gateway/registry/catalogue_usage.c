/*
 * What each account's files take, for quotas. Runs in the registry: the count changes on the
 * writer's thread, in the transaction that stores a file, and is read on the loop's. Whatever
 * will take a version or a held file away takes it off the count in the same way.
 */
#include "registry/catalogue_inside.h"

struct catalogue_usage catalogue_usage(struct catalogue *catalogue, const char *account)
{
    struct catalogue_usage usage = {0};
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, SQL_USAGE);
    sql_put_text(find, 1, account);
    if (sql_next(&catalogue->reader, find)) {
        usage.bytes = (uint64_t)sqlite3_column_int64(find, 0);
        usage.files = (uint64_t)sqlite3_column_int64(find, 1);
    }
    return usage;
}

bool usage_add(struct connection *writer, const char *account, uint64_t size)
{
    AUTO_RESET struct sqlite3_stmt *add = sql_use(writer, SQL_USAGE_ADD);
    sql_put_text(add, 1, account);
    sql_put_integer(add, 2, (int64_t)size);
    return sql_do(writer, add);
}

bool change_usage_recount(struct catalogue *catalogue, struct change *change)
{
    (void)change;
    AUTO_RESET struct sqlite3_stmt *clear = sql_use(&catalogue->writer, SQL_USAGE_CLEAR);
    AUTO_RESET struct sqlite3_stmt *count = sql_use(&catalogue->writer, SQL_USAGE_COUNT);
    return sql_do(&catalogue->writer, clear) && sql_do(&catalogue->writer, count);
}
