/*
 * The texts of the tree, made when they are read (registry): LEEME.txt, the reason beside a held
 * file, receipts. Everything in them comes from the catalogue and the policy in force; names from
 * outside have passed vpath_parse() and hold no control characters.
 */
#include "registry/tree.h"

#include <inttypes.h>
#include <stdio.h>

#include "registry/calendar.h"

enum { LAST_RECEIPTS = 20 };

static enum language language_of(const struct viewer *viewer)
{
    return policy_account_language(viewer->account);
}

static const char *result_word(enum language language, enum receipt_result result)
{
    static const enum text words[] = {[RECEIPT_FILED] = TEXT_RECEIPT_FILED,
                                      [RECEIPT_VERSION] = TEXT_RECEIPT_FILED,
                                      [RECEIPT_ALREADY] = TEXT_RECEIPT_ALREADY,
                                      [RECEIPT_HELD] = TEXT_RECEIPT_HELD,
                                      [RECEIPT_REFUSED] = TEXT_RECEIPT_REFUSED};
    return text_get(language, words[result]);
}

static void put_line(struct buf *text, enum language language, enum text label,
                     const char *value)
{
    if (value[0] != '\0') {
        buf_printf(text, "%s: %s\n", text_get(language, label), value);
    }
}

static void put_findings(const struct receipt_row *receipt, enum language language,
                         struct buf *text)
{
    for (enum finding finding = 0; finding < FINDING_COUNT; finding++) {
        if (!(receipt->findings & finding_bit(finding))) {
            continue;
        }
        enum text label = finding == receipt->reason ? TEXT_RECEIPT_LINE_REASON
                                                     : TEXT_RECEIPT_LINE_NOTE;
        buf_printf(text, "%s: %s [%s]\n", text_get(language, label),
                   text_finding(language, finding), finding_code(finding));
    }
}

static void put_result(const struct receipt_row *receipt, enum language language,
                       struct buf *text)
{
    put_line(text, language, TEXT_RECEIPT_LINE_RESULT,
             result_word(language, receipt->result));
    put_findings(receipt, language, text);
    if (receipt->result == RECEIPT_ALREADY) {
        char sentence[256];
        text_format(sentence, sizeof sentence, language, TEXT_RECEIVED_ALREADY,
                    receipt->earlier);
        put_line(text, language, TEXT_RECEIPT_LINE_NOTE, sentence);
    }
}

static void put_receipt(const struct receipt_row *receipt, enum language language,
                        struct buf *text)
{
    char when[CALENDAR_TEXT_MAX], hash[2 * WIRE_HASH_SIZE + 1];
    char operation[OPERATION_NAME_MAX + CATALOGUE_RFC_SIZE + 2] = "";
    calendar_format(receipt->received, when);
    hex_encode((struct bytes){receipt->sha256, sizeof receipt->sha256}, hash,
               sizeof hash);
    if (receipt->operation.year != 0) {
        char name[OPERATION_NAME_MAX];
        operation_key_format(&receipt->operation, name);
        snprintf(operation, sizeof operation, "%s %s", receipt->rfc, name);
    }
    buf_printf(text, "%s %s\n\n", text_get(language, TEXT_RECEIPT_TITLE), receipt->folio);
    put_result(receipt, language, text);
    put_line(text, language, TEXT_RECEIPT_LINE_FILE, receipt->name);
    buf_printf(text, "%s: %s/%s\n", text_get(language, TEXT_RECEIPT_LINE_PATH),
               receipt->folder, receipt->name);
    buf_printf(text, "%s: %" PRIu64 " %s\n", text_get(language, TEXT_RECEIPT_LINE_SIZE),
               receipt->size, text_get(language, TEXT_RECEIPT_LINE_BYTES));
    buf_printf(text, "SHA-256: %s\n", hash);
    put_line(text, language, TEXT_RECEIPT_LINE_CONTENT, receipt->media_type);
    put_line(text, language, TEXT_RECEIPT_LINE_TYPE, receipt->type);
    put_line(text, language, TEXT_RECEIPT_LINE_OPERATION, operation);
    put_line(text, language, TEXT_RECEIPT_LINE_ACCOUNT, receipt->account);
    put_line(text, language, TEXT_RECEIPT_LINE_RECEIVED, when);
    buf_printf(text, "%s: %" PRId64 "\n", text_get(language, TEXT_RECEIPT_LINE_LEDGER),
               receipt->ledger);
}

static void put_folders(const struct viewer *viewer, struct buf *text)
{
    static const enum text sentences[POLICY_VIEW_COUNT] = {
        [POLICY_VIEW_INBOX] = TEXT_README_INBOX,
        [POLICY_VIEW_CLIENTS] = TEXT_README_CLIENTS,
        [POLICY_VIEW_HELD] = TEXT_README_HELD,
        [POLICY_VIEW_RECEIPTS] = TEXT_README_RECEIPTS,
        [POLICY_VIEW_FILES] = TEXT_README_FILES,
        [POLICY_VIEW_STATEMENTS] = TEXT_README_STATEMENTS};
    const struct policy *policy = viewer->registry->policy;
    size_t count = policy_mount_count(policy, viewer->account);
    if (count > 0) {
        buf_printf(text, "\n%s\n", text_get(language_of(viewer), TEXT_README_FOLDERS));
    }
    for (size_t i = 0; i < count; i++) {
        struct policy_mount mount = policy_mount(policy, viewer->account, i);
        buf_printf(text, "  /%s: %s\n", mount.name,
                   text_get(language_of(viewer), sentences[mount.view]));
    }
}

static bool may_send(const struct viewer *viewer)
{
    const struct policy *policy = viewer->registry->policy;
    for (size_t i = 0; i < policy_mount_count(policy, viewer->account); i++) {
        struct place place = {.view = policy_mount(policy, viewer->account, i).view};
        if (tree_allows(viewer, &place, POLICY_RIGHT_UPLOAD)) {
            return true;
        }
    }
    return false;
}

static void put_names(const struct viewer *viewer, struct buf *text)
{
    static const char *const forms[] = {[POLICY_NAME_PREFIX] = "%s_…",
                                        [POLICY_NAME_SUFFIX] = "…@%s",
                                        [POLICY_NAME_TAIL] = "…_%s",
                                        [POLICY_NAME_PATTERN] = "%s"};
    const struct policy *policy = viewer->registry->policy;
    buf_printf(text, "\n%s\n", text_get(language_of(viewer), TEXT_README_NAMES));
    for (size_t i = 0; i < policy_name_rule_count(policy); i++) {
        struct policy_name_rule rule = policy_name_rule(policy, i);
        struct policy_document_type type =
            policy_document_type(policy, rule.document_type);
        char form[96];
        text_fill(form, sizeof form, forms[rule.kind], rule.text);
        if (type.correspondent_sends) {
            buf_printf(text, "  %-20s %s\n", form, type.title);
        }
    }
}

static void put_last(const struct viewer *viewer, struct buf *text)
{
    enum language language = language_of(viewer);
    struct receipt_row rows[LAST_RECEIPTS];
    size_t count = catalogue_receipts_newest(viewer->registry->catalogue,
                                             policy_account_name(viewer->account), rows,
                                             LAST_RECEIPTS);
    buf_printf(text, "\n%s\n", text_get(language, TEXT_README_LAST));
    for (size_t i = 0; i < count; i++) {
        char when[CALENDAR_TEXT_MAX];
        calendar_format(rows[i].received, when);
        buf_printf(text, "  %s  %s  %-16s %s\n", when, rows[i].folio,
                   result_word(language, rows[i].result), rows[i].name);
    }
    if (count == 0) {
        buf_printf(text, "  %s\n", text_get(language, TEXT_README_NONE));
    }
}

static void put_readme(const struct viewer *viewer, struct buf *text)
{
    enum language language = language_of(viewer);
    char line[512], size[32];
    text_format(line, sizeof line, language, TEXT_README_WELCOME,
                policy_agency(viewer->registry->policy).name);
    buf_printf(text, "%s\n", line);
    text_format(line, sizeof line, language, TEXT_README_ACCOUNT,
                policy_account_name(viewer->account));
    buf_printf(text, "%s\n", line);
    put_folders(viewer, text);
    if (!may_send(viewer)) {
        return;
    }
    snprintf(size, sizeof size, "%" PRIu64, policy_account_max_file(viewer->account));
    text_format(line, sizeof line, language, TEXT_README_MAXIMUM, size);
    buf_printf(text, "\n%s\n", line);
    put_names(viewer, text);
    put_last(viewer, text);
}

void tree_text(const struct viewer *viewer, const struct node *node, struct buf *text)
{
    if (node->kind == NODE_README) {
        put_readme(viewer, text);
    } else {
        put_receipt(&node->receipt, language_of(viewer), text);
    }
}
