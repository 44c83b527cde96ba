"""What every client is asked to do, as tests. A file test_client_NAME.py imports those that its
client can do, and gives the fixture `program`, an object with these methods:

    put(local, remote)      get(remote, local)      names(folder)
    rename(source, target)  make_folder(path)       remove(path)
    size(path)              resume(local, remote)
    set_time(local, remote)      uploads a file and gives it the time of the local one


They return a Result of support.clients (names: a list, size: a number). put, get and resume take
port=, put also password= and rekey=, get rekey=. What the gateway made of it is looked at through paramiko sessions that
stay open for a whole file."""

import contextlib
import datetime
import hashlib
import os
import unicodedata

import pytest

from support import documents, processes
from support.agency import CLIENT as CLIENT_ACCOUNT
from support.agency import CORRESPONDENT, RFC
from support.client_table import action
from support.line import line

SMALL, LARGE, RESUMED, REKEYED = 2_000, 300_000, 3_000_000, 5_000_000


class Witness:
    """Sees what the gateway did, through the eyes of the correspondent and of the client."""

    def __init__(self, agency, stack):
        self.agency = agency
        self.sender = stack.enter_context(agency.paramiko(CORRESPONDENT))
        self.reader = stack.enter_context(agency.paramiko(CLIENT_ACCOUNT))

    @staticmethod
    def _content(session, path):
        with session.open(path) as file:
            file.prefetch()
            return file.read()

    def sent(self, path):
        return self._content(self.sender, path)

    def filed(self, place, name):
        """What the client of the agency finds."""
        return self._content(self.reader, f"{place.seen_by_client}/{name}")

    def seen_by_client(self, place):
        try:
            return self.reader.listdir(place.seen_by_client)
        except FileNotFoundError:
            return []

    def receipts(self, place):
        """The text of each receipt for this operation, the newest first."""
        found = []
        for year in sorted(self.sender.listdir("/acuses"), reverse=True):
            for month in sorted(self.sender.listdir(f"/acuses/{year}"), reverse=True):
                folder = f"/acuses/{year}/{month}"
                for name in sorted(self.sender.listdir(folder), reverse=True):
                    text = self.sent(f"{folder}/{name}").decode()
                    if place.name in text:
                        found.append(text)
                    elif found:
                        return found  # those of one operation follow each other
        return found

    def result(self, place):
        return self.receipts(place)[0]


class Place:
    """An operation's folder of the correspondent, and where its client sees it."""

    def __init__(self, number, witness, made=True):
        self.number = f"{number:07d}"
        self.name = f"26-240-3420-{self.number}"
        self.path = f"/clientes/{RFC}/2026/{self.name}"
        self.seen_by_client = f"/expedientes/2026/{self.name}"
        if made:
            witness.sender.mkdir(self.path)


_numbers = iter(range(6_200_001, 6_900_000))


@pytest.fixture(scope="module")
def witness(agency):
    with contextlib.ExitStack() as stack:
        yield Witness(agency, stack)


@pytest.fixture
def place(witness):
    return Place(next(_numbers), witness)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def local_file(agency, name, content):
    return agency.file(content, name)


def _put(program, witness, place, local, remote, **options):
    """What the client says is enough, if it waits for what it is told."""
    before = 0 if program.waits else len(witness.receipts(place))
    result = program.put(local, remote, **options)
    assert result.worked, result.output
    _settled(program, witness, place, before + 1)


def _settled(program, witness, place, receipts=1):
    if not program.waits:
        processes.wait_until(lambda: len(witness.receipts(place)) == receipts, 10,
                             "the receipt is there")


def _upload(agency, program, witness, place, name, content, stored=None, **options):
    """Sends it, and looks for it in every place where it must be. It's one receipt, and its
    hash is that of what was sent."""
    stored = stored or name
    local = local_file(agency, name, content)
    _put(program, witness, place, local, f"{place.path}/{name}", **options)
    assert witness.sender.listdir(place.path) == [stored]
    assert witness.filed(place, stored) == content
    [receipt] = witness.receipts(place)
    assert sha256(content) in receipt


# ---- login, list ---------------------------------------------------------------------------


@action("login by key")
def test_it_logs_in_with_a_key(program):
    assert "clientes" in program.names("/")


@action("login by password")
def test_it_logs_in_with_a_password(agency, program, witness, place):
    password = agency.give_password(CORRESPONDENT)
    _upload(agency, program, witness, place, "PED_1.pdf", documents.pdf(), password=password)


@action("list")
def test_it_lists_every_file_of_a_folder(program, witness, place):
    expected = [f"FO_{number}.pdf" for number in range(12)]
    for name in expected:
        with witness.sender.open(f"{place.path}/{name}", "w") as file:
            file.write(documents.pdf())
    assert sorted(program.names(place.path)) == sorted(expected)


# ---- uploads -------------------------------------------------------------------------------


@action("upload small")
def test_a_small_upload_is_filed(agency, program, witness, place):
    _upload(agency, program, witness, place, "PED_1.pdf", documents.pdf(padding=SMALL))


@action("upload 0 bytes")
def test_an_empty_upload_is_held_with_a_receipt(agency, program, witness, place):
    local = local_file(agency, "PED_1.pdf", b"")
    _put(program, witness, place, local, f"{place.path}/PED_1.pdf")
    assert "EMPTY" in witness.result(place)
    assert witness.sender.stat(f"{place.path}/PED_1.pdf").st_size == 0
    assert witness.seen_by_client(place) == []


@action("upload > 100 KiB")
def test_an_upload_above_100_kib_is_filed(agency, program, witness, place):
    _upload(agency, program, witness, place, "PED_1.pdf", documents.pdf(padding=LARGE))


@action("upload ñ, &, spaces")
def test_a_name_with_enye_ampersand_and_spaces_arrives_as_it_is(agency, program, witness,
                                                                 place):
    name = "FO_Año 2026 & Compañía, S.A. de C.V. (2).pdf"
    _upload(agency, program, witness, place, name, documents.pdf())


@action("upload 200 characters")
def test_a_name_of_200_characters_arrives_as_it_is(agency, program, witness, place):
    name = "FO_" + "factura_larga_" * 13 + "123456789012345"[:11] + ".pdf"
    assert len(name) == 200
    _upload(agency, program, witness, place, name, documents.pdf())


@action("upload NFD")
def test_a_decomposed_name_is_stored_composed(agency, program, witness, place):
    composed = "FO_Almacén Nuñez.pdf"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    _upload(agency, program, witness, place, decomposed, documents.pdf(), stored=composed)


@action("overwrite")
def test_a_second_upload_of_a_name_is_a_new_version(agency, program, witness, place):
    first, second = documents.pdf(padding=LARGE), documents.pdf(padding=SMALL)
    for content in (first, second):
        local = local_file(agency, "PED_1.pdf", content)
        _put(program, witness, place, local, f"{place.path}/PED_1.pdf")
    assert witness.filed(place, "PED_1.pdf") == second
    assert witness.sender.listdir(place.path) == ["PED_1.pdf"]
    assert [sha256(second) in text or sha256(first) in text
            for text in witness.receipts(place)] == [True, True]


@action("refusal noticed")
def test_a_refused_upload_fails_in_the_client(agency, program, witness, place):
    local = local_file(agency, "PED_1.pdf", documents.windows_program())
    result = program.put(local, f"{place.path}/PED_1.pdf")
    assert not result.worked, result.output
    assert "TYPE_MISMATCH" in witness.result(place) or "EXECUTABLE" in witness.result(place)
    assert witness.seen_by_client(place) == []


@action("stat after put")
def test_its_size_is_there_after_the_upload(agency, program, witness, place):
    names = ["PED_1.pdf"]
    if program.stats:  # a held file is not listed, but who asks for its name hears its size
        names.append("nadie sabe que es.pdf")
    for name in names:
        content = documents.pdf(padding=LARGE)
        _put(program, witness, place, local_file(agency, name, content),
             f"{place.path}/{name}")
        assert program.size(f"{place.path}/{name}") == len(content)


# ---- what is there -------------------------------------------------------------------------


def _put_there(witness, place, name="PED_1.pdf", padding=SMALL):
    content = documents.pdf(padding=padding)
    with witness.sender.open(f"{place.path}/{name}", "w") as file:
        file.set_pipelined(True)
        file.write(content)
    return content


@action("download")
def test_a_download_has_the_hash_of_what_was_sent(agency, program, witness, place):
    content = _put_there(witness, place, "FO_Año & 2.pdf", padding=LARGE)
    fetched = agency.folder() / "fetched"
    result = program.get(f"{place.path}/FO_Año & 2.pdf", fetched)
    assert result.worked, result.output
    assert sha256(fetched.read_bytes()) == sha256(content)


@action("rename")
def test_a_renamed_file_has_its_new_name_alone(program, witness, place):
    content = _put_there(witness, place)
    result = program.rename(f"{place.path}/PED_1.pdf", f"{place.path}/PED_2.pdf")
    assert result.worked, result.output
    assert witness.sender.listdir(place.path) == ["PED_2.pdf"]
    assert witness.filed(place, "PED_2.pdf") == content


@action("make folder")
def test_a_folder_of_an_operation_can_be_made_and_another_not(program, witness):
    made = Place(next(_numbers), witness, made=False)
    result = program.make_folder(made.path)
    assert result.worked, result.output
    assert witness.sender.listdir(made.path) == []
    assert not program.make_folder(f"{made.path[:-len(made.name)]}facturas").worked


@action("delete")
def test_a_deleted_file_is_gone(program, witness, place):
    _put_there(witness, place)
    result = program.remove(f"{place.path}/PED_1.pdf")
    assert result.worked, result.output
    assert witness.sender.listdir(place.path) == []
    assert witness.seen_by_client(place) == []


@action("set times")
def test_a_time_that_was_set_is_kept(agency, program, witness, place):
    when = datetime.datetime(2025, 3, 9, 12, 30, tzinfo=datetime.timezone.utc)
    seconds = int(when.timestamp())
    content = documents.pdf()
    local = local_file(agency, "PED_1.pdf", content)
    os.utime(local, (seconds, seconds))
    result = program.set_time(local, f"{place.path}/PED_1.pdf")
    assert result.worked, result.output
    _settled(program, witness, place)
    assert witness.sender.stat(f"{place.path}/PED_1.pdf").st_mtime == seconds
    assert witness.filed(place, "PED_1.pdf") == content


# ---- lines that drop -----------------------------------------------------------------------


def _drop(agency, program, witness, place, content):
    """The line breaks in the middle. The client must not think that all is well, and nothing
    may be filed."""
    local = local_file(agency, "PED_1.pdf", content)
    with line(agency, cut_after=len(content) // 2) as broken:
        result = program.put(local, f"{place.path}/PED_1.pdf", port=broken.port)
        assert broken.broken.is_set(), "the line was to break"
    assert not result.worked, result.output
    assert witness.receipts(place) == []
    assert witness.seen_by_client(place) == []
    return local


@action("dropped line")
def test_a_dropped_line_files_nothing_and_the_upload_can_be_repeated(agency, program, witness,
                                                                     place):
    content = documents.pdf(padding=RESUMED)
    local = _drop(agency, program, witness, place, content)
    _put(program, witness, place, local, f"{place.path}/PED_1.pdf")
    assert witness.filed(place, "PED_1.pdf") == content
    assert len(witness.receipts(place)) == 1


@action("resume")
def test_an_interrupted_upload_goes_on_from_a_new_connection(agency, program, witness, place):
    content = documents.pdf(padding=RESUMED)
    local = _drop(agency, program, witness, place, content)
    with line(agency) as second:
        result = program.resume(local, f"{place.path}/PED_1.pdf", port=second.port)
        assert result.worked, result.output
        _settled(program, witness, place)
        assert second.sent < len(content), "it began again from the start"
    assert witness.filed(place, "PED_1.pdf") == content
    assert sha256(content) in witness.result(place)
    assert len(witness.receipts(place)) == 1


# ---- rekey ---------------------------------------------------------------------------------


@action("rekey")
def test_keys_are_exchanged_again_in_both_directions_of_a_transfer(agency, program, witness,
                                                                    place):
    """program.rekeys() says how many key exchanges it saw after the first."""
    content = documents.pdf(padding=REKEYED)
    _upload(agency, program, witness, place, "PED_1.pdf", content, rekey=True)
    assert program.rekeys() >= 2
    fetched = agency.folder() / "fetched"
    result = program.get(f"{place.path}/PED_1.pdf", fetched, rekey=True)
    assert result.worked, result.output
    assert program.rekeys() >= 2
    assert sha256(fetched.read_bytes()) == sha256(content)
