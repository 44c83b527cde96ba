"""What becomes of an upload: filed, refused, held, a new version, already there."""

from support import documents
from support.agency import CLIENT, CORRESPONDENT
from support.clients import sha256


def test_correspondent_uploads_a_pdf_and_the_client_fetches_it(agency, operation):
    content = documents.pdf(padding=300_000)
    agency.sftp(CORRESPONDENT, f"put {agency.file(content)} {operation.path}/PED_1.pdf")
    fetched = agency.folder() / "fetched.pdf"
    listing = agency.sftp(CLIENT, f"ls -1 {operation.seen_by_client}",
                          f"get {operation.seen_by_client}/PED_1.pdf {fetched}")
    assert f"{operation.seen_by_client}/PED_1.pdf" in listing.output
    assert fetched.read_bytes() == content


def test_a_filed_upload_has_a_receipt_that_names_its_content(agency, operation):
    content = documents.pdf()
    name = f"PED_{operation.name[-7:]}.pdf"
    agency.sftp(CORRESPONDENT, f"put {agency.file(content)} {operation.path}/{name}")
    [receipt] = agency.receipts_of(CORRESPONDENT, name)
    assert sha256(content) in receipt
    assert operation.name in receipt
    assert "A26-" in receipt


def test_a_disguised_program_is_refused_and_the_receipt_says_why(agency, operation):
    for index, content in enumerate((documents.windows_program(), documents.linux_program())):
        name = f"FC_{operation.name[-7:]}_{index}.pdf"
        result = agency.sftp(CORRESPONDENT,
                             f"put {agency.file(content)} {operation.path}/{name}", check=False)
        assert not result.worked
        [receipt] = agency.receipts_of(CORRESPONDENT, name)
        assert "TYPE_MISMATCH" in receipt or "EXECUTABLE" in receipt
        assert name not in agency.names(CORRESPONDENT, operation.path)
        assert agency.names(CORRESPONDENT, "/retenidos").count(name) == 0


def test_a_pdf_that_is_no_pdf_is_refused(agency, operation):
    name = f"PED_{operation.name[-7:]}.pdf"
    result = agency.sftp(CORRESPONDENT,
                         f"put {agency.file(documents.xml())} {operation.path}/{name}",
                         check=False)
    assert not result.worked
    [receipt] = agency.receipts_of(CORRESPONDENT, name)
    assert "TYPE_MISMATCH" in receipt


def test_an_unknown_document_type_is_held_with_its_reason_beside_it(agency, operation):
    content = documents.pdf()
    name = f"escaneo {operation.name}.pdf"
    agency.sftp(CORRESPONDENT, f'put {agency.file(content)} "{operation.path}/{name}"')
    assert name in agency.names(CORRESPONDENT, "/retenidos")
    assert agency.content(CORRESPONDENT, f"/retenidos/{name}") == content
    reason = agency.content(CORRESPONDENT, f"/retenidos/{name}.motivo.txt").decode()
    assert "no se reconoce el tipo de documento" in reason.lower()
    assert name not in agency.names(CORRESPONDENT, operation.path)
    [receipt] = agency.receipts_of(CORRESPONDENT, name)
    assert "DOCUMENT_TYPE_UNKNOWN" in receipt


def test_an_empty_file_is_held(agency, operation):
    name = f"PED_{operation.name[-7:]}.pdf"
    agency.sftp(CORRESPONDENT, f"put {agency.file(b'')} {operation.path}/{name}")
    assert name in agency.names(CORRESPONDENT, "/retenidos")
    [receipt] = agency.receipts_of(CORRESPONDENT, name)
    assert "EMPTY" in receipt


def test_the_same_content_again_is_already_received(agency, operation):
    content = documents.pdf()
    local = agency.file(content)
    name = f"PED_{operation.name[-7:]}.pdf"
    agency.sftp(CORRESPONDENT, f"put {local} {operation.path}/{name}")
    first = agency.console("operation", "list", "ACM010101AB1").stdout
    agency.sftp(CORRESPONDENT, f"put {local} {operation.path}/{name}")
    assert agency.content(CORRESPONDENT, f"{operation.path}/{name}") == content
    assert agency.names(CORRESPONDENT, operation.path) == [name]
    assert agency.console("operation", "list", "ACM010101AB1").stdout == first
    results = [line for text in agency.receipts_of(CORRESPONDENT, name)
               for line in text.splitlines() if line.startswith("Resultado")]
    assert sum("nueva versi" in line for line in results) == 0


def test_new_content_under_an_old_name_is_a_new_version(agency, operation):
    first, second = documents.pdf(), documents.pdf()
    name = f"PED_{operation.name[-7:]}.pdf"
    path = f"{operation.path}/{name}"
    agency.sftp(CORRESPONDENT, f"put {agency.file(first)} {path}")
    agency.sftp(CORRESPONDENT, f"put {agency.file(second)} {path}")
    assert agency.names(CORRESPONDENT, operation.path) == [name]
    assert agency.content(CORRESPONDENT, path) == second
    assert agency.content(CLIENT, f"{operation.seen_by_client}/{name}") == second
    assert len(agency.receipts_of(CORRESPONDENT, name)) == 2


def test_a_file_in_entrada_whose_name_tells_no_operation_is_held(agency):
    content = documents.pdf()
    agency.sftp(CORRESPONDENT, f"put {agency.file(content)} /entrada/PED_suelto.pdf")
    assert "PED_suelto.pdf" in agency.names(CORRESPONDENT, "/retenidos")
    [receipt] = agency.receipts_of(CORRESPONDENT, "PED_suelto.pdf")
    assert "PLACE_UNKNOWN" in receipt


def test_a_file_in_entrada_is_filed_by_the_pedimento_in_its_name(agency, operation):
    content = documents.pdf()
    name = f"PED_{operation.name}.pdf"
    agency.sftp(CORRESPONDENT, f"put {agency.file(content)} /entrada/{name}")
    assert agency.content(CLIENT, f"{operation.seen_by_client}/{name}") == content


def test_uploads_outside_of_operations_and_entrada_are_refused(agency, operation):
    local = agency.file(documents.pdf())
    for folder in ("", "/clientes", "/clientes/ACM010101AB1", "/clientes/ACM010101AB1/2026",
                   "/retenidos", "/acuses"):
        result = agency.sftp(CORRESPONDENT, f"put {local} {folder}/PED_1.pdf", check=False)
        assert not result.worked, folder


def test_folders_that_are_no_operation_are_refused(agency):
    for folder in ("/clientes/ACM010101AB1/2026/varios", "/clientes/ACM010101AB1/x",
                   "/clientes/XAXX010101000", "/nueva", "/entrada/nueva",
                   "/clientes/ACM010101AB1/2026/26-240-3420-600123"):
        result = agency.sftp(CORRESPONDENT, f"mkdir {folder}", check=False)
        assert not result.worked, folder


def test_the_readme_tells_of_the_last_uploads(agency, operation):
    name = f"PED_{operation.name[-7:]}.pdf"
    agency.sftp(CORRESPONDENT, f"put {agency.file(documents.pdf())} {operation.path}/{name}")
    assert name in agency.content(CORRESPONDENT, "/LEEME.txt").decode()


def test_every_decision_is_in_the_ledger_and_the_ledger_verifies(agency, operation):
    agency.sftp(CORRESPONDENT,
                f"put {agency.file(documents.pdf())} {operation.path}/PED_1.pdf")
    agency.console("ledger", "verify")
