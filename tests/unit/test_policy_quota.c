/*
 * What an account's files may take: the role's word, the account's narrower one, or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/policy_files.h"

static const struct policy_file files[] = {
    {"garita.yaml", "agency: {name: Ejemplo}\n"
                    "listen: [{protocol: sftp, address: 127.0.0.1, port: 2222}]\n"},
    {"document-types.yaml", "- {code: PEDIMENTO, title: Pedimento, formats: [pdf]}\n"},
    {"names.yaml", "- {prefix: PED, type: PEDIMENTO}\n"},
    {"roles/libre.yaml", "kind: system\n"},
    {"roles/justo.yaml", "kind: system\nquota: {bytes: 2 GiB, files: 1000}\n"},
    {"roles/medio.yaml", "kind: system\nquota: {bytes: 1024 TiB}\n"},
    {"clients/acme.yaml", "rfc: ACM010101AB1\nname: Acme\n"},
    {"accounts/a.yaml", "role: libre\n"},
    {"accounts/b.yaml", "role: libre\nquota: {files: 7}\n"},
    {"accounts/c.yaml", "role: justo\n"},
    {"accounts/d.yaml", "role: justo\nquota: {bytes: 1}\n"},
    {"accounts/e.yaml", "role: justo\nquota: {bytes: 2 GiB, files: 1000}\n"},
    {"accounts/f.yaml", "role: medio\nquota: {files: 1000000000}\n"},
    {"accounts/g.yaml", "role: medio\nquota: {}\n"},
};

static void policy_quota_is_the_nearest_word_of_each_kind(void **state)
{
    (void)state;
    static const struct {
        const char *account;
        uint64_t bytes, files;
        const char *why;
    } rows[] = {{"a", 0, 0, "nobody says any"},
                {"b", 0, 7, "the account alone says one"},
                {"c", UINT64_C(2) << 30, 1000, "the role's"},
                {"d", 1, 1000, "the account narrows one of them"},
                {"e", UINT64_C(2) << 30, 1000, "as much as the role"},
                {"f", UINT64_C(1) << 50, 1000000000, "one each, the largest there is"},
                {"g", UINT64_C(1) << 50, 0, "an account that says nothing"}};
    AUTO(policy) policy = policy_files_map(files, ARRAY_SIZE(files));
    assert_non_null(policy);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct policy_account *account =
            policy_account_find(policy, rows[i].account);
        assert_non_null(account);
        struct policy_quota quota = policy_account_quota(account);
        if (quota.bytes != rows[i].bytes || quota.files != rows[i].files) {
            fail_msg("%s: %s", rows[i].account, rows[i].why);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_quota_is_the_nearest_word_of_each_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
