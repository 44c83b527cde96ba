/*
 * What names say: the naming habits of brokers, most rows being published or observed ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "hooks/filing/filing.h"
#include "support/filing_rules.h"

static const char *type_of(const struct filing *filing)
{
    return filing->type_known ? rule_rows[filing->document_type].type : "";
}

struct name_row {
    const char *name;
    const char *type; /* "": not known */
    const char *extension;
    const char *reference;
    const char *why;
};

static const struct name_row name_rows[] = {
    {"PED_26-47-3420-6001234.pdf", "PEDIMENTO", "pdf", "", "prefix naming"},
    {"PS_Q26001234.pdf", "PEDIMENTO_SIMPLIFICADO", "pdf", "",
     "reference behind a prefix"},
    {"FO_INV-99812.pdf", "FACTURA_COMERCIAL", "pdf", "", "prefix"},
    {"CV_COVE261ABC123.xml", "COVE", "xml", "", "prefix"},
    {"6001234_COVE261ABC123_COVEXML.xml", "COVE", "xml", "", "tail of a public portal"},
    {"6001234_COVE261ABC123.pdf", "COVE_DETALLE", "pdf", "",
     "pattern of a public portal"},
    {"ED_0170260ABC1D2.pdf", "EDOCUMENT", "pdf", "", "prefix"},
    {"MV_Q26001234.pdf", "MANIFESTACION_VALOR", "pdf", "", "prefix"},
    {"HC_Q26001234.pdf", "HOJA_CALCULO", "pdf", "", "prefix"},
    {"BL_MEDUU1234567.pdf", "DOC_TRANSPORTE", "pdf", "", "prefix"},
    {"PL_Q26001234.pdf", "LISTA_EMPAQUE", "pdf", "", "prefix"},
    {"CO_Q26001234.pdf", "CERT_ORIGEN", "pdf", "", "prefix"},
    {"NOM_Q26001234.pdf", "NOM", "pdf", "", "three letters"},
    {"RRNS_Q26001234.pdf", "RRNA", "pdf", "", "spelled RRNS"},
    {"CI_Q26001234.msg", "CARTA_INSTRUCCIONES", "msg", "", "an Outlook message"},
    {"FC_A1234.xml", "FACTURA_CORRESPONSAL", "xml", "", "prefix"},
    {"FT_B998.pdf", "FACTURA_TERCEROS", "pdf", "", "prefix"},
    {"SOL_Q26001234.pdf", "SOLICITUD_ANTICIPO", "pdf", "", "prefix"},
    {"DODA_1234567.pdf", "DODA", "pdf", "", "prefix"},
    {"Q26001234@FAC.pdf", "FACTURA_COMERCIAL", "pdf", "Q26001234", "reference@suffix"},
    {"Q26001234@FAC@segunda@parte.pdf", "FACTURA_COMERCIAL", "pdf", "Q26001234",
     "behind the second @ stands a comment"},
    {"m3420001.326", "ARCHIVO_VALIDACION", "326", "", "M3: m, patente, number, day"},
    {"M3420001.326", "ARCHIVO_VALIDACION", "326", "", "without regard to case"},
    {"m3420001.err", "RESPUESTA_VALIDACION", "err", "", "the validator's answer"},
    {"k3420001.326", "RESULTADO_PREVALIDACION", "326", "", "M3 sibling"},
    {"e3420001.326", "ARCHIVO_PAGO", "326", "", "M3 sibling"},
    {"a3420001.326", "RESPUESTA_PAGO", "326", "", "M3 sibling"},
    {"x3420001.326", "RESPUESTA_OK", "326", "", "M3 sibling"},
    {"Q26001234_IC.pdf", "PEDIMENTO", "pdf", "Q26001234", "SITAWIN: whole print"},
    {"Q26001234_IS.pdf", "PEDIMENTO_SIMPLIFICADO", "pdf", "Q26001234",
     "SITAWIN: short print"},
    {"Q26001234_AV.txt", "ARCHIVO_VALIDACION", "txt", "Q26001234", "SITAWIN"},
    {"Q26001234_AT.txt", "ARCHIVO_VALIDACION", "txt", "Q26001234", "SITAWIN, also so"},
    {"Q26001234_PE.txt", "ARCHIVO_PAGO", "txt", "Q26001234", "SITAWIN: payment"},
    {"Q26001234.pdf", "PEDIMENTO", "pdf", "Q26001234", "CASA: the reference alone"},
    {"Q26001234_SIMP.pdf", "PEDIMENTO_SIMPLIFICADO", "pdf", "Q26001234", "CASA"},
    {"6F35D3B5-3651-5370-BC2C-14CDBE384CD7.xml", "CFDI", "xml", "", "UUID of the SAT"},
    {"Factura (1).PDF", "", "pdf", "", "no type: a person must say"},
    {"Certificado de or\u00edgen \u2013 \u00f1and\u00fa.pdf", "", "pdf", "", "not ASCII"},
    {"PED_factura.pdf.exe", "PEDIMENTO", "exe", "", "the last extension is the true one"},
    {"FO_macro.xlsm", "FACTURA_COMERCIAL", "xlsm", "", "policy refuses the format"},
    {"FO_.pdf", "FACTURA_COMERCIAL", "pdf", "", "empty tail"},
    {"~$Proceso.docx", "", "docx", "", "Office lock file"},
    {"Thumbs.db", "", "db", "", "Windows litter"},
    {"fo_lower.PDF", "FACTURA_COMERCIAL", "pdf", "", "case of prefix and extension"},
    {"FOO_x.pdf", "", "pdf", "", "a prefix is matched whole"},
    {"FO.pdf", "", "pdf", "", "a prefix needs its _"},
    {"FO", "", "", "", "nothing but a prefix"},
    {"_FO.pdf", "", "pdf", "", "an empty prefix"},
    {"Q26001234@FACX.pdf", "", "pdf", "Q26001234", "a suffix is matched whole"},
    {"Q26001234@.pdf", "", "pdf", "Q26001234", "empty suffix"},
    {"@FAC.pdf", "FACTURA_COMERCIAL", "pdf", "", "no reference before the suffix"},
    {"q2601234@fac.pdf", "FACTURA_COMERCIAL", "pdf", "Q2601234",
     "references in upper case"},
    {"Q2601234R@FAC.pdf", "FACTURA_COMERCIAL", "pdf", "Q2601234", "R: same operation"},
    {"Q2601234Z@FAC.pdf", "FACTURA_COMERCIAL", "pdf", "", "Z is no such mark"},
    {"2601234@FAC.pdf", "FACTURA_COMERCIAL", "pdf", "", "digits alone are no reference"},
    {"IMG_0001.jpg", "", "jpg", "", "a camera's name is no reference"},
    {"m34200011.326", "", "326", "M34200011", "eight digits: not M3"},
    {"a\u00f1o nuevo.txt", "OTRO", "txt", "", "? is one character, not one byte"},
    {"ao nuevo.txt", "", "txt", "", "? is not none"},
    {"FO_1.pdf.filepart", "FACTURA_COMERCIAL", "pdf", "",
     "unfinished: final name counts"},
    {"Q26001234.PDF.PART", "PEDIMENTO", "pdf", "Q26001234", "unfinished, upper case"},
    {".pdf", "", "", "", "a leading dot hides"},
    {"a.", "", "", "", "empty extension"},
    {"a.0123456789abcdef", "", "", "", "too long for an extension"},
    {"a.0123456789abcde", "", "0123456789abcde", "", "as long as one may be"},
    {"", "", "", "", "empty"},
    {"FO_\xff\xfe.pdf", "FACTURA_COMERCIAL", "pdf", "", "bytes that are not UTF-8"},
};

static void filing_names_tell_type_and_reference(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(name_rows); at++) {
        const struct name_row *row = &name_rows[at];
        struct filing filing;
        filing_classify(NULL, row->name, &filing);
        if (strcmp(type_of(&filing), row->type) != 0 ||
            strcmp(filing.extension, row->extension) != 0 ||
            strcmp(filing.reference, row->reference) != 0) {
            fail_msg("%s (%s): type %s, extension %s, reference %s", row->name, row->why,
                     type_of(&filing), filing.extension, filing.reference);
        }
    }
}

struct pedimento_row {
    const char *name;
    const char *operation; /* "": not known */
    const char *why;
};

static const struct pedimento_row pedimento_rows[] = {
    {"PED_26-47-3420-6001234.pdf", "26-47-3420-6001234",
     "hyphens, customs office of two"},
    {"PED_26-470-3420-6001234.pdf", "26-470-3420-6001234", "with its section"},
    {"PED_264734206001234.pdf", "26-47-3420-6001234", "15 digits"},
    {"26  47  3420  6001234.pdf", "26-47-3420-6001234", "SAT form, two spaces"},
    {"26 47 3420 6001234.pdf", "26-47-3420-6001234", "single spaces"},
    {"26 470 3420 6001234.pdf", "26-470-3420-6001234", "single spaces and section"},
    {"26  24  3589  5004321", "26-24-3589-5004321", "consolidated of last year"},
    {"26  47  3420  4001234", "26-47-3420-4001234",
     "unlikely year digit: a warning elsewhere"},
    {"15  48  3009  0001234", "15-48-3009-0001234", "before the rule of the year digit"},
    {"26  47  0001  6001234", "26-47-0001-6001234", "patents are not looked up here"},
    {"pedimento 26-240-3420-6001234 pagado.pdf", "26-240-3420-6001234", "in the middle"},
    {"1 26-240-3420-6001234.pdf", "26-240-3420-6001234", "behind another number"},
    {"26  47  3420  600123.pdf", "", "14 digits"},
    {"26-47-3420-60012345.pdf", "", "16 digits"},
    {"126-47-3420-6001234.pdf", "", "starts inside a longer number"},
    {"2624034206001234.pdf", "", "16 digits: not to be told apart"},
    {"26-47 3420-6001234.pdf", "", "mixed separators"},
    {"26--47--3420--6001234.pdf", "", "two hyphens"},
    {"26   47   3420   6001234.pdf", "", "three spaces"},
    {"6001234.pdf", "", "the short pedimento is never a key alone"},
    {"26-47-3420-", "", "cut"},
    {"Q26001234.264734206001234", "", "an extension is not looked at"},
};

static void filing_pedimento_in_name_is_found(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_SIZE(pedimento_rows); at++) {
        const struct pedimento_row *row = &pedimento_rows[at];
        struct filing filing;
        filing_classify(NULL, row->name, &filing);
        char name[OPERATION_NAME_MAX] = "";
        if (filing.operation_known) {
            operation_key_format(&filing.operation, name);
        }
        if (strcmp(name, row->operation) != 0) {
            fail_msg("%s (%s): %s", row->name, row->why, name);
        }
    }
}

static void filing_two_digit_customs_office_leaves_a_space(void **state)
{
    (void)state;
    struct filing filing;
    filing_classify(NULL, "264734206001234.pdf", &filing);
    assert_true(filing.operation_known);
    assert_int_equal(filing.operation.year, 2026);
    assert_string_equal(filing.operation.aduana, "47 ");
    assert_string_equal(filing.operation.patente, "3420");
    assert_string_equal(filing.operation.pedimento, "6001234");
}

static void filing_operation_name_is_parsed_and_printed(void **state)
{
    (void)state;
    struct operation_key key;
    assert_true(operation_key_parse("26-240-3420-6001234", &key));
    assert_int_equal(key.year, 2026);
    assert_string_equal(key.aduana, "240");
    assert_string_equal(key.patente, "3420");
    assert_string_equal(key.pedimento, "6001234");
    char name[OPERATION_NAME_MAX];
    operation_key_format(&key, name);
    assert_string_equal(name, "26-240-3420-6001234");
    assert_true(operation_key_parse("05-160-0001-5000000", &key));
    operation_key_format(&key, name);
    assert_string_equal(name, "05-160-0001-5000000");
}

static void filing_operation_name_of_other_form_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "26",
        "26-240-3420-600123",
        "26-240-3420-60012345",
        "26-24-3420-6001234",
        "26-240-3420_6001234",
        "2026-240-3420-6001234",
        "26-240-3420-6001234 ",
        " 26-240-3420-6001234",
        "26-2a0-3420-6001234",
        "26-240-3420-600123\xd9\xa4", /* a digit, but an Arabic one */
    };
    for (size_t at = 0; at < ARRAY_SIZE(names); at++) {
        struct operation_key key = {.year = 1};
        assert_false(operation_key_parse(names[at], &key));
        assert_int_equal(key.year, 1);
    }
}

static void filing_year_has_four_digits_of_this_century(void **state)
{
    (void)state;
    int year = 7;
    assert_true(operation_year_parse("2026", &year));
    assert_int_equal(year, 2026);
    static const char *const names[] = {"",      "26",   "1999", "2100",
                                        "20260", "2o26", "2026 "};
    for (size_t at = 0; at < ARRAY_SIZE(names); at++) {
        assert_false(operation_year_parse(names[at], &year));
        assert_int_equal(year, 2026);
    }
}

static void filing_partial_names_end_as_the_policy_says(void **state)
{
    (void)state;
    size_t size = 99;
    assert_true(filing_is_partial(NULL, "a.pdf.FilePart", &size));
    assert_int_equal(size, strlen("a.pdf"));
    assert_true(filing_is_partial(NULL, "a.pdf.part.part", &size));
    assert_int_equal(size, strlen("a.pdf")); /* the longest ending */
    assert_true(filing_is_partial(NULL, "a.pdf~", &size));
    assert_int_equal(size, strlen("a.pdf"));
    size = 99;
    assert_false(filing_is_partial(NULL, "a.pdf", &size));
    assert_false(filing_is_partial(NULL, ".part", &size)); /* nothing would be left */
    assert_false(filing_is_partial(NULL, "apart", &size));
    assert_false(filing_is_partial(NULL, "", &size));
    assert_int_equal(size, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filing_names_tell_type_and_reference),
        cmocka_unit_test(filing_pedimento_in_name_is_found),
        cmocka_unit_test(filing_two_digit_customs_office_leaves_a_space),
        cmocka_unit_test(filing_operation_name_is_parsed_and_printed),
        cmocka_unit_test(filing_operation_name_of_other_form_is_refused),
        cmocka_unit_test(filing_year_has_four_digits_of_this_century),
        cmocka_unit_test(filing_partial_names_end_as_the_policy_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
