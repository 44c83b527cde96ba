/*
 * A small policy with one of everything, as the files that garita-policy would read.
 */
#ifndef GARITA_TESTS_POLICY_SMALL_H
#define GARITA_TESTS_POLICY_SMALL_H

#include "policy_files.h"

static const struct policy_file policy_small[] = {
    {"garita.yaml", "agency: {name: Ejemplo}\n"
                    "operators: [1001, 7, 1001]\n"
                    "listen:\n"
                    "  - {protocol: sftp, address: 127.0.0.1, port: 2222}\n"
                    "  - {protocol: sftp, address: '::1', port: 65535,\n"
                    "     proxy_protocol: required,\n"
                    "     proxy_from: [192.0.2.0/24, '2001:db8::/33', '::1']}\n"
                    "limits: {idle_s: 60, inspect_memory: 512 MiB}\n"
                    "findings: {PDF_XFA: reject, EMPTY: reject, PDF_PASSWORD: reject}\n"},
    {"document-types.yaml",
     "- {code: PEDIMENTO, title: Pedimento, formats: [pdf], client_sees: true,\n"
     "   correspondent_sees: true, correspondent_sends: true}\n"
     "- {code: CUENTA_GASTOS, title: Cuenta, formats: [pdf, xml], client_sees: true,\n"
     "   expense_account: true}\n"
     "- {code: CONTRATO, title: Contrato, formats: [pdf], client_sees: true,\n"
     "   correspondent_sends: true}\n"
     "- {code: FACTURA, title: Factura, formats: [xml], correspondent_sees: true,\n"
     "   correspondent_sends: true, findings: {EMPTY: accept}}\n"
     "- {code: M3, title: Archivo M3, formats: ['###', err], client_sees: true,\n"
     "   correspondent_sees: true, correspondent_sends: true}\n"},
    {"names.yaml", "- {prefix: PED, type: PEDIMENTO}\n"
                   "- {pattern: 'm#######.###', type: M3}\n"
                   "- {suffix: FAC, type: FACTURA}\n"
                   "- {tail: IC, type: PEDIMENTO}\n"},
    {"roles/corresponsal.yaml",
     "kind: correspondent\n"
     "max_file: 1 GiB\n"
     "views:\n"
     "  entrada: {view: inbox, rights: [list, upload]}\n"
     "  clientes:\n"
     "    view: clients\n"
     "    rights: [list, read, upload, resume, new-version, rename, mkdir, set-times]\n"
     "  acuses: {view: receipts, rights: [list, read]}\n"
     "findings: {PDF_XFA: accept, PDF_PASSWORD: accept, EMPTY: hold}\n"},
    {"roles/cliente.yaml", "kind: client\n"
                           "views:\n"
                           "  expedientes: {view: files, rights: [list, read]}\n"
                           "  cuentas: {view: statements, rights: [list, read]}\n"},
    {"roles/sistema.yaml", "kind: system\n"},
    {"clients/acme.yaml", "rfc: ACM010101AB1\nname: Acme\n"},
    {"clients/beta.yaml", "rfc: BET020202CD2\nname: Beta\n"},
    {"clients/enye.yaml", "rfc: OÑO120726RX3\nname: Oño\n"},
    {"accounts/laredo.yaml", "role: corresponsal\n"
                             "serves:\n"
                             "  - client: BET020202CD2\n"
                             "    aduanas: ['160']\n"
                             "    patentes: ['3420', '1000']\n"
                             "  - client: ACM010101AB1\n"
                             "    aduanas: ['240', '800']\n"
                             "    patentes: ['3420']\n"
                             "  - client: BET020202CD2\n"
                             "    aduanas: ['430']\n"
                             "    patentes: ['9999']\n"},
    {"accounts/todo.yaml", "role: corresponsal\n"
                           "language: en\n"
                           "max_file: 1000\n"
                           "serves: [{client: ACM010101AB1}]\n"
                           "views:\n"
                           "  clientes: {rights: [list]}\n"
                           "  acuses: {rights: []}\n"},
    {"accounts/acme.yaml", "role: cliente\nclient: ACM010101AB1\n"},
    {"accounts/sica.yaml", "role: sistema\n"},
};

#endif
