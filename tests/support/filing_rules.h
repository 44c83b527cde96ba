/*
 * The little of a policy that filing asks for: the naming habits of the customs trade, as
 * constants. Included by the one source file of a test; it defines policy_* itself, so that
 * the true policy is not linked.
 */
#ifndef GARITA_TESTS_FILING_RULES_H
#define GARITA_TESTS_FILING_RULES_H

#include <stddef.h>

#include "base/auto.h"
#include "policy/policy.h"

struct rule_row {
    enum policy_name_rule_kind kind;
    const char *text;
    const char *type;
};

static const struct rule_row rule_rows[] = {
    {POLICY_NAME_PREFIX, "PED", "PEDIMENTO"},
    {POLICY_NAME_PREFIX, "PS", "PEDIMENTO_SIMPLIFICADO"},
    {POLICY_NAME_PREFIX, "FO", "FACTURA_COMERCIAL"},
    {POLICY_NAME_PREFIX, "CV", "COVE"},
    {POLICY_NAME_PREFIX, "ED", "EDOCUMENT"},
    {POLICY_NAME_PREFIX, "MV", "MANIFESTACION_VALOR"},
    {POLICY_NAME_PREFIX, "HC", "HOJA_CALCULO"},
    {POLICY_NAME_PREFIX, "BL", "DOC_TRANSPORTE"},
    {POLICY_NAME_PREFIX, "PL", "LISTA_EMPAQUE"},
    {POLICY_NAME_PREFIX, "CO", "CERT_ORIGEN"},
    {POLICY_NAME_PREFIX, "NOM", "NOM"},
    {POLICY_NAME_PREFIX, "RRNS", "RRNA"},
    {POLICY_NAME_PREFIX, "CI", "CARTA_INSTRUCCIONES"},
    {POLICY_NAME_PREFIX, "FC", "FACTURA_CORRESPONSAL"},
    {POLICY_NAME_PREFIX, "FT", "FACTURA_TERCEROS"},
    {POLICY_NAME_PREFIX, "SOL", "SOLICITUD_ANTICIPO"},
    {POLICY_NAME_PREFIX, "DODA", "DODA"},
    {POLICY_NAME_SUFFIX, "FAC", "FACTURA_COMERCIAL"},
    {POLICY_NAME_TAIL, "COVEXML", "COVE"},
    {POLICY_NAME_TAIL, "IC", "PEDIMENTO"},
    {POLICY_NAME_TAIL, "IS", "PEDIMENTO_SIMPLIFICADO"},
    {POLICY_NAME_TAIL, "SIMP", "PEDIMENTO_SIMPLIFICADO"},
    {POLICY_NAME_TAIL, "AV", "ARCHIVO_VALIDACION"},
    {POLICY_NAME_TAIL, "AT", "ARCHIVO_VALIDACION"},
    {POLICY_NAME_TAIL, "PE", "ARCHIVO_PAGO"},
    {POLICY_NAME_PATTERN, "#######_COVE*.pdf", "COVE_DETALLE"},
    {POLICY_NAME_PATTERN, "m#######.###", "ARCHIVO_VALIDACION"},
    {POLICY_NAME_PATTERN, "m#######.err", "RESPUESTA_VALIDACION"},
    {POLICY_NAME_PATTERN, "k#######.###", "RESULTADO_PREVALIDACION"},
    {POLICY_NAME_PATTERN, "e#######.###", "ARCHIVO_PAGO"},
    {POLICY_NAME_PATTERN, "a#######.###", "RESPUESTA_PAGO"},
    {POLICY_NAME_PATTERN, "x#######.###", "RESPUESTA_OK"},
    {POLICY_NAME_PATTERN, "Q########.pdf", "PEDIMENTO"},
    {POLICY_NAME_PATTERN, /* apart, for a trigraph is none */
     "????????"
     "-"
     "????"
     "-"
     "????"
     "-"
     "????"
     "-"
     "????????????"
     ".xml",
     "CFDI"},
    {POLICY_NAME_PATTERN, "a?o nuevo.txt", "OTRO"},
};

static const char *const partial_endings[] = {".filepart", ".part", ".part.part", "~"};

size_t policy_name_rule_count(const struct policy *policy)
{
    (void)policy;
    return ARRAY_SIZE(rule_rows);
}

/* The document type is the row's own number; the test reads its name there. */
struct policy_name_rule policy_name_rule(const struct policy *policy, size_t index)
{
    (void)policy;
    return (struct policy_name_rule){.kind = rule_rows[index].kind,
                                     .text = rule_rows[index].text,
                                     .document_type = index};
}

size_t policy_partial_ending_count(const struct policy *policy)
{
    (void)policy;
    return ARRAY_SIZE(partial_endings);
}

const char *policy_partial_ending(const struct policy *policy, size_t index)
{
    (void)policy;
    return partial_endings[index];
}

#endif
