/*
 * Run by garita-auth. Names come from the policy, comments were made printable when they came in:
 * neither holds a tab or newline.
 */
#include "auth/operator_table.h"

#include <inttypes.h>

#include "base/clock.h"

enum { DATE_SIZE = 10 /* of "2026-11-22T..." */ };

static const char *kind_name(enum policy_kind kind)
{
    static const char *const names[] = {[POLICY_CORRESPONDENT] = "correspondent",
                                        [POLICY_CLIENT] = "client",
                                        [POLICY_SYSTEM] = "system",
                                        [POLICY_STAFF] = "staff",
                                        [POLICY_MANAGER] = "manager"};
    return kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

static void put_date(struct buf *table, int64_t wall_us)
{
    char text[CLOCK_TEXT_MAX];
    clock_format_utc(wall_us, text);
    buf_printf(table, "%.*s", DATE_SIZE, text);
}

static void put_password(struct buf *table, const struct credential_summary *summary)
{
    if (summary->has_password) {
        put_date(table, summary->password_set_at);
    } else {
        buf_printf(table, "-");
    }
}

static void put_row(struct gate *gate, const struct policy_account *account,
                    struct buf *table)
{
    const char *name = policy_account_name(account);
    struct credential_summary summary = credentials_summary(gate->credentials, name);
    buf_printf(table, "%s\t%s\t%s\t", name, kind_name(policy_account_kind(account)),
               summary.disabled ? "no" : "yes");
    put_password(table, &summary);
    buf_printf(table, "\t%" PRIu32 "\n", summary.keys);
}

void operator_table_accounts(struct gate *gate, struct buf *table)
{
    buf_printf(table, "account\tkind\tenabled\tpassword\tkeys\n");
    for (size_t i = 0; i < policy_account_count(gate->policy); i++) {
        put_row(gate, policy_account_at(gate->policy, i), table);
    }
}

static void put_keys(struct gate *gate, const char *name, struct buf *table)
{
    struct credential_key keys[CREDENTIALS_KEYS_MAX];
    size_t count = credentials_keys(gate->credentials, name, keys);
    for (size_t i = 0; i < count; i++) {
        buf_printf(table, "key\t%s %s ", keys[i].fingerprint, keys[i].comment);
        put_date(table, keys[i].added_at);
        buf_printf(table, "\n");
    }
}

bool operator_table_account(struct gate *gate, const char *account, struct buf *table)
{
    const struct policy_account *found = policy_account_find(gate->policy, account);
    if (!found) {
        return false;
    }
    struct credential_summary summary = credentials_summary(gate->credentials, account);
    buf_printf(table, "item\tvalue\naccount\t%s\nkind\t%s\nenabled\t%s\npassword\t",
               account, kind_name(policy_account_kind(found)),
               summary.disabled ? "no" : "yes");
    put_password(table, &summary);
    buf_printf(table, "\n");
    put_keys(gate, account, table);
    return true;
}
