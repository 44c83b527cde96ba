/*
 * What a policy says once it is mapped: every look-up, defaults and narrowing included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/policy_small.h"

static struct policy *policy;

static int map_policy(void **state)
{
    (void)state;
    policy = policy_files_map(policy_small, ARRAY_SIZE(policy_small));
    return policy ? 0 : -1;
}

static int free_policy(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

static const struct policy_account *account(const char *name)
{
    const struct policy_account *found = policy_account_find(policy, name);
    assert_non_null(found);
    return found;
}

static void policy_agency_has_what_the_file_says_and_defaults(void **state)
{
    (void)state;
    struct policy_agency agency = policy_agency(policy);
    assert_string_equal(agency.name, "Ejemplo");
    assert_string_equal(agency.time_zone, "America/Mexico_City");
    assert_int_equal(agency.uid_base, 64000);
    assert_int_equal(policy_listener_count(policy), 2);
    assert_string_equal(policy_listener(policy, 1).address, "::1");
    assert_string_equal(policy_listener(policy, 1).protocol, "sftp");
    assert_int_equal(policy_listener(policy, 1).port, 65535);
    assert_int_equal(agency.language, LANGUAGE_SPANISH);
    assert_true(policy_operator(policy, 7) && policy_operator(policy, 1001));
    assert_false(policy_operator(policy, 0) || policy_operator(policy, 1002));
}

static void policy_proxies_are_those_of_their_listener(void **state)
{
    (void)state;
    assert_false(policy_listener(policy, 0).proxied);
    assert_true(policy_listener(policy, 1).proxied);
    assert_true(policy_listener_proxies(policy, 1, "192.0.2.255"));
    assert_true(policy_listener_proxies(policy, 1, "2001:db8:7fff::1"));
    assert_true(policy_listener_proxies(policy, 1, "::1"));
    assert_false(policy_listener_proxies(policy, 1, "192.0.3.0"));
    assert_false(policy_listener_proxies(policy, 1, "2001:db8:8000::1"));
    assert_false(policy_listener_proxies(policy, 0, "192.0.2.255"));
}

static void policy_limits_are_the_files_or_the_defaults(void **state)
{
    (void)state;
    assert_int_equal(policy_limit(policy, POLICY_LIMIT_IDLE_S), 60);
    assert_int_equal(policy_limit(policy, POLICY_LIMIT_INSPECT_MEMORY), 512 << 20);
    assert_int_equal(policy_limit(policy, POLICY_LIMIT_LOGIN_TRIES), 3);
    assert_int_equal(policy_limit(policy, POLICY_LIMIT_REJECTED_ATTEMPTS_DELAY_MS), 1000);
}

static void policy_clients_are_found_by_rfc(void **state)
{
    (void)state;
    size_t index = 99;
    assert_int_equal(policy_client_count(policy), 3);
    for (size_t i = 0; i < 3; i++) {
        struct policy_client client = policy_client(policy, i);
        assert_true(policy_client_find(policy, client.rfc, &index));
        assert_int_equal(index, i);
        assert_true(i == 0 || strcmp(policy_client(policy, i - 1).rfc, client.rfc) < 0);
    }
    assert_false(policy_client_find(policy, "ACM010101AB", &index));
    assert_false(policy_client_find(policy, "", &index));
    assert_true(policy_client_find(policy, "OÑO120726RX3", &index));
    assert_string_equal(policy_client(policy, index).name, "Oño");
}

static void policy_accounts_have_their_roles_values_or_their_own(void **state)
{
    (void)state;
    assert_null(policy_account_find(policy, "nobody"));
    assert_null(policy_account_find(policy, ""));
    assert_string_equal(policy_account_name(account("laredo")), "laredo");
    assert_int_equal(policy_account_kind(account("laredo")), POLICY_CORRESPONDENT);
    assert_int_equal(policy_account_kind(account("acme")), POLICY_CLIENT);
    assert_int_equal(policy_account_kind(account("sica")), POLICY_SYSTEM);
    assert_int_equal(policy_account_language(account("laredo")), LANGUAGE_SPANISH);
    assert_int_equal(policy_account_language(account("todo")), LANGUAGE_ENGLISH);
    assert_int_equal(policy_account_max_file(account("laredo")), 1 << 30);
    assert_int_equal(policy_account_max_file(account("todo")), 1000);
    assert_int_equal(policy_account_max_file(account("acme")), UINT64_C(2) << 30);
}

static const struct {
    const char *account;
    const char *rfc;
    const char *aduana;
    const char *patente;
    bool serves;
    const char *why;
} service_rows[] = {
    {"laredo", "ACM010101AB1", "240", "3420", true, "listed"},
    {"laredo", "ACM010101AB1", "241", "3420", true, "another section of the aduana"},
    {"laredo", "ACM010101AB1", "24 ", "3420", true, "section not known"},
    {"laredo", "ACM010101AB1", "800", "3420", true, "the second aduana"},
    {"laredo", "ACM010101AB1", "160", "3420", false, "aduana of another client"},
    {"laredo", "ACM010101AB1", "240", "1000", false, "patente of another client"},
    {"laredo", "ACM010101AB1", "240", "342", false, "patente too short"},
    {"laredo", "ACM010101AB1", "240", "34201", false, "patente too long"},
    {"laredo", "ACM010101AB1", "2", "3420", false, "aduana too short"},
    {"laredo", "ACM010101AB1", "", "3420", false, "no aduana is not every one"},
    {"laredo", "ACM010101AB1", "x40", "3420", false, "no digits"},
    {"laredo", "BET020202CD2", "160", "1000", true, "first of two services"},
    {"laredo", "BET020202CD2", "430", "9999", true, "second of two services"},
    {"laredo", "BET020202CD2", "160", "9999", false, "services do not mix"},
    {"laredo", "OÑO120726RX3", "240", "3420", false, "a client that it does not serve"},
    {"laredo", "XAXX010101000", "240", "3420", false, "no such client"},
    {"todo", "ACM010101AB1", "999", "0001", true, "no lists mean every one"},
    {"acme", "ACM010101AB1", "470", "3807", true, "a client is served everywhere"},
    {"acme", "BET020202CD2", "470", "3807", false, "another client"},
    {"sica", "ACM010101AB1", "240", "3420", false, "serves nobody"},
};

static void policy_serves_as_the_account_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(service_rows); i++) {
        bool serves =
            policy_serves(policy, account(service_rows[i].account), service_rows[i].rfc,
                          service_rows[i].aduana, service_rows[i].patente);
        if (serves != service_rows[i].serves) {
            fail_msg("row %zu: %s", i, service_rows[i].why);
        }
    }
    assert_true(policy_serves_client(policy, account("laredo"), "BET020202CD2"));
    assert_false(policy_serves_client(policy, account("laredo"), "OÑO120726RX3"));
}

static void policy_mounts_are_sorted_and_narrowed(void **state)
{
    (void)state;
    assert_int_equal(policy_mount_count(policy, account("laredo")), 3);
    assert_string_equal(policy_mount(policy, account("laredo"), 0).name, "acuses");
    assert_string_equal(policy_mount(policy, account("laredo"), 1).name, "clientes");
    assert_int_equal(policy_mount(policy, account("laredo"), 2).view, POLICY_VIEW_INBOX);
    assert_int_equal(policy_mount_count(policy, account("todo")), 2);
    assert_string_equal(policy_mount(policy, account("todo"), 0).name, "clientes");
    assert_int_equal(policy_mount_count(policy, account("sica")), 0);
}

static void policy_document_types_have_their_flags_and_formats(void **state)
{
    (void)state;
    size_t index = 99;
    assert_int_equal(policy_document_type_count(policy), 5);
    assert_false(policy_document_type_find(policy, "PEDIMENT", &index));
    assert_true(policy_document_type_find(policy, "CUENTA_GASTOS", &index));
    struct policy_document_type type = policy_document_type(policy, index);
    assert_string_equal(type.code, "CUENTA_GASTOS");
    assert_string_equal(type.title, "Cuenta");
    assert_true(type.client_sees && type.expense_account);
    assert_false(type.correspondent_sees || type.correspondent_sends);
    assert_true(policy_document_type_takes(policy, index, "PDF"));
    assert_true(policy_document_type_takes(policy, index, "xml"));
    assert_false(policy_document_type_takes(policy, index, "pd"));
    assert_false(policy_document_type_takes(policy, index, "pdfx"));
    assert_false(policy_document_type_takes(policy, index, ""));
}

static void policy_document_type_takes_digits_for_a_hash(void **state)
{
    (void)state;
    size_t index = 99;
    assert_true(policy_document_type_find(policy, "M3", &index));
    assert_true(policy_document_type_takes(policy, index, "326"));
    assert_true(policy_document_type_takes(policy, index, "ERR"));
    assert_false(policy_document_type_takes(policy, index, "32"));
    assert_false(policy_document_type_takes(policy, index, "3266"));
    assert_false(policy_document_type_takes(policy, index, "###"));
}

static void policy_name_rules_keep_their_order(void **state)
{
    (void)state;
    assert_int_equal(policy_name_rule_count(policy), 4);
    struct policy_name_rule rule = policy_name_rule(policy, 1);
    assert_int_equal(rule.kind, POLICY_NAME_PATTERN);
    assert_string_equal(rule.text, "m#######.###");
    assert_string_equal(policy_document_type(policy, rule.document_type).code, "M3");
    assert_int_equal(policy_name_rule(policy, 2).kind, POLICY_NAME_SUFFIX);
    assert_int_equal(policy_name_rule(policy, 3).kind, POLICY_NAME_TAIL);
}

static void policy_partial_endings_have_usual_defaults(void **state)
{
    (void)state;
    bool filepart = false;
    for (size_t i = 0; i < policy_partial_ending_count(policy); i++) {
        const char *ending = policy_partial_ending(policy, i);
        assert_int_equal(ending[0], '.');
        filepart = filepart || strcmp(ending, ".filepart") == 0;
    }
    assert_true(filepart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_agency_has_what_the_file_says_and_defaults),
        cmocka_unit_test(policy_proxies_are_those_of_their_listener),
        cmocka_unit_test(policy_limits_are_the_files_or_the_defaults),
        cmocka_unit_test(policy_clients_are_found_by_rfc),
        cmocka_unit_test(policy_accounts_have_their_roles_values_or_their_own),
        cmocka_unit_test(policy_serves_as_the_account_lists),
        cmocka_unit_test(policy_mounts_are_sorted_and_narrowed),
        cmocka_unit_test(policy_document_types_have_their_flags_and_formats),
        cmocka_unit_test(policy_document_type_takes_digits_for_a_hash),
        cmocka_unit_test(policy_name_rules_keep_their_order),
        cmocka_unit_test(policy_partial_endings_have_usual_defaults),
    };
    return cmocka_run_group_tests(tests, map_policy, free_policy);
}
