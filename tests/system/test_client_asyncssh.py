"""asyncssh."""

import asyncio

import asyncssh
import pytest

from support import documents
from support.client_actions import (  # noqa: F401
    place, test_a_decomposed_name_is_stored_composed, test_a_deleted_file_is_gone,
    test_a_download_has_the_hash_of_what_was_sent,
    test_a_dropped_line_files_nothing_and_the_upload_can_be_repeated,
    test_a_folder_of_an_operation_can_be_made_and_another_not,
    test_a_name_of_200_characters_arrives_as_it_is,
    test_a_name_with_enye_ampersand_and_spaces_arrives_as_it_is,
    test_a_refused_upload_fails_in_the_client, test_a_renamed_file_has_its_new_name_alone,
    test_a_second_upload_of_a_name_is_a_new_version, test_a_small_upload_is_filed,
    test_a_time_that_was_set_is_kept, test_an_empty_upload_is_held_with_a_receipt,
    test_an_interrupted_upload_goes_on_from_a_new_connection,
    test_an_upload_above_100_kib_is_filed, test_it_lists_every_file_of_a_folder,
    test_it_logs_in_with_a_key, test_it_logs_in_with_a_password,
    test_its_size_is_there_after_the_upload, witness)
from support.agency import CORRESPONDENT
from support.clients import Result

CLIENT = "asyncssh"
CANNOT = {"rekey": "Debian's 2.10.1 sends data after its own KEXINIT, against RFC 4253 7.1; "
                   "libssh ends such a session"}
SECONDS = 60


class Asyncssh:
    stats = waits = True

    def __init__(self, agency):
        self.agency = agency
        self.key = agency.give_key(CORRESPONDENT)

    async def _session(self, work, port, password, rekey):
        options = {"client_keys": [str(self.key)]} if not password else {
            "password": password, "client_keys": None}
        if rekey:
            options["rekey_bytes"] = 1 << 20
        async with asyncssh.connect(
                "127.0.0.1", port or self.agency.port, username=CORRESPONDENT,
                known_hosts=str(self.agency.credentials / "known_hosts"), config=None,
                agent_path=None, **options) as connection:
            async with connection.start_sftp_client() as session:
                return await work(session)

    def ask(self, work, port=None, password=None, rekey=False):
        return asyncio.run(asyncio.wait_for(self._session(work, port, password, rekey),
                                            SECONDS))

    def attempt(self, work, **options):
        try:
            self.ask(work, **options)
        except (OSError, asyncssh.Error) as error:
            return Result(1, repr(error))
        return Result(0, "")

    def put(self, local, remote, **options):
        return self.attempt(lambda session: session.put(str(local), remote), **options)

    def get(self, remote, local, **options):
        return self.attempt(lambda session: session.get(remote, str(local)), **options)

    def resume(self, local, remote, **options):
        async def append(session):
            rest = local.read_bytes()[await session.getsize(remote):]
            async with session.open(remote, "ab") as target:
                await target.write(rest)
        return self.attempt(append, **options)

    def set_time(self, local, remote):
        return self.attempt(lambda session: session.put(str(local), remote, preserve=True))

    def rename(self, source, target):
        return self.attempt(lambda session: session.rename(source, target))

    def make_folder(self, path):
        return self.attempt(lambda session: session.mkdir(path))

    def remove(self, path):
        return self.attempt(lambda session: session.remove(path))

    def names(self, folder):
        return [name for name in self.ask(lambda session: session.listdir(folder))
                if name not in (".", "..")]

    def size(self, path):
        return self.ask(lambda session: session.getsize(path))


@pytest.fixture(scope="module")
def program(agency):
    return Asyncssh(agency)


def test_it_finds_the_limits_and_the_home(program):
    async def look(session):
        return await session.realpath("."), await session.isdir("/clientes")

    assert program.ask(look) == ("/", True)


def test_data_after_a_kexinit_ends_the_session_and_files_nothing(agency, program, witness, place):
    """Newer releases hold it back; Debian's patches took that out."""
    local = agency.file(documents.pdf(padding=5_000_000), "PED_1.pdf")
    result = program.put(local, f"{place.path}/PED_1.pdf", rekey=True)
    assert not result.worked, "its rekey works now: take it into the table"
    assert witness.receipts(place) == []


def test_many_uploads_on_one_connection_at_once(agency, program, witness, place):
    contents = {f"FO_{number}.pdf": documents.pdf(padding=60_000) for number in range(16)}
    folder = agency.folder()
    for name, content in contents.items():
        (folder / name).write_bytes(content)

    async def send(session):
        await asyncio.gather(*(session.put(str(folder / name), f"{place.path}/{name}")
                               for name in contents))

    result = program.attempt(send)
    assert result.worked, result.output
    assert {name: witness.filed(place, name) for name in contents} == contents
