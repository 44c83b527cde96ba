"""paramiko, and so pysftp and most of what is written in Python: put() confirms the size."""

import base64
import contextlib
import io

import paramiko
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
    test_its_size_is_there_after_the_upload,
    test_keys_are_exchanged_again_in_both_directions_of_a_transfer, witness)
from support.agency import CORRESPONDENT
from support.clients import Result

CLIENT = "paramiko"
SECONDS = 60


class Paramiko:
    stats = waits = True

    def __init__(self, agency):
        self.agency = agency
        self.exchanges = 0

    @contextlib.contextmanager
    def session(self, port=None, password=None, rekey=False):
        transport = paramiko.Transport(("127.0.0.1", port or self.agency.port))
        self.exchanges = 0
        try:
            if rekey:
                transport.packetizer.REKEY_BYTES = 1 << 20
            host_key = paramiko.Ed25519Key(data=base64.b64decode(self.agency.host_key))
            key = paramiko.Ed25519Key.from_private_key_file(
                str(self.agency.give_key(CORRESPONDENT)))
            original = transport._send_kex_init

            def counted():
                self.exchanges += 1
                original()

            transport._send_kex_init = counted
            transport.connect(host_key, CORRESPONDENT, password=password,
                              pkey=None if password else key)
            session = paramiko.SFTPClient.from_transport(transport)
            session.get_channel().settimeout(SECONDS)
            yield session
        finally:
            transport.close()

    def attempt(self, work, **options):
        try:
            with self.session(**options) as session:
                work(session)
        except (OSError, EOFError, paramiko.SSHException) as error:
            return Result(1, repr(error))
        return Result(0, "")

    def rekeys(self):
        return self.exchanges - 1

    def put(self, local, remote, **options):
        return self.attempt(lambda session: session.put(str(local), remote), **options)

    def get(self, remote, local, **options):
        return self.attempt(lambda session: session.get(remote, str(local)), **options)

    def resume(self, local, remote, **options):
        def append(session):
            with session.open(remote, "a") as target, open(local, "rb") as source:
                source.seek(session.stat(remote).st_size)
                target.set_pipelined(True)
                while piece := source.read(32768):
                    target.write(piece)
        return self.attempt(append, **options)

    def set_time(self, local, remote):
        times = (local.stat().st_atime, local.stat().st_mtime)

        def put(session):
            session.put(str(local), remote)
            session.utime(remote, times)
        return self.attempt(put)

    def rename(self, source, target):
        return self.attempt(lambda session: session.rename(source, target))

    def make_folder(self, path):
        return self.attempt(lambda session: session.mkdir(path))

    def remove(self, path):
        return self.attempt(lambda session: session.remove(path))

    def names(self, folder):
        with self.session() as session:
            return session.listdir(folder)

    def size(self, path):
        with self.session() as session:
            return session.stat(path).st_size


@pytest.fixture(scope="module")
def program(agency):
    return Paramiko(agency)


def test_posix_rename_replaces_a_filed_document(program, witness, place):
    """Quirk 12, and fsspec, borgstore: the new version comes by a rename."""
    second = documents.pdf()
    with program.session() as session:
        for name, content in (("PED_1.pdf", documents.pdf()), ("PED_1.pdf.tmp", second)):
            with session.open(f"{place.path}/{name}", "w") as file:
                file.write(content)
        session.posix_rename(f"{place.path}/PED_1.pdf.tmp", f"{place.path}/PED_1.pdf")
        assert session.listdir(place.path) == ["PED_1.pdf"]
    assert witness.filed(place, "PED_1.pdf") == second


def test_what_is_asked_for_is_read_in_any_order(program, witness, place):
    content = documents.pdf(padding=500_000)
    with program.session() as session:
        session.putfo(io.BytesIO(content), f"{place.path}/PED_1.pdf")
        with session.open(f"{place.path}/PED_1.pdf") as file:
            wanted = [(at, 40_000) for at in range(400_000, -1, -40_000)]
            for (at, size), piece in zip(wanted, file.readv(wanted)):
                assert piece == content[at:at + size]


def test_a_large_file_is_read_ahead_by_many_requests(program, witness, place):
    content = documents.pdf(padding=6_000_000)
    with program.session() as session:
        with session.open(f"{place.path}/PED_1.pdf", "w") as file:
            file.set_pipelined(True)
            file.write(content)
        with session.open(f"{place.path}/PED_1.pdf") as file:
            file.prefetch(len(content))
            assert file.read() == content
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_temporary_name_of_its_own_is_left_alone_until_it_is_renamed(program, witness, place):
    with program.session() as session:
        with session.open(f"{place.path}/PED_1.pdf.uploading", "w") as file:
            file.write(documents.pdf())
        assert session.stat(f"{place.path}/PED_1.pdf.uploading").st_size > 0
        assert witness.receipts(place) == []
        session.rename(f"{place.path}/PED_1.pdf.uploading", f"{place.path}/PED_1.pdf")
    assert len(witness.receipts(place)) == 1
