"""PuTTY's pscp: over SFTP, and the old protocol, which is refused."""

import time

import pytest

from support import documents
from support.client_actions import (  # noqa: F401
    place, test_a_decomposed_name_is_stored_composed,
    test_a_download_has_the_hash_of_what_was_sent,
    test_a_dropped_line_files_nothing_and_the_upload_can_be_repeated,
    test_a_name_of_200_characters_arrives_as_it_is,
    test_a_name_with_enye_ampersand_and_spaces_arrives_as_it_is,
    test_a_second_upload_of_a_name_is_a_new_version, test_a_small_upload_is_filed,
    test_a_time_that_was_set_is_kept, test_an_empty_upload_is_held_with_a_receipt,
    test_an_upload_above_100_kib_is_filed, test_it_lists_every_file_of_a_folder,
    test_it_logs_in_with_a_key, test_it_logs_in_with_a_password,
    test_its_size_is_there_after_the_upload,
    test_keys_are_exchanged_again_in_both_directions_of_a_transfer, witness)
from support.programs import size_in_listing
from support.putty import Putty

CLIENT = "pscp"
CANNOT = {name: "has no such command" for name in (
    "rename", "make folder", "delete", "resume")}
CANNOT["refusal noticed"] = "ignores the answer to CLOSE; the receipt tells"


class Pscp(Putty):
    stats = False

    def copy(self, *arguments, **options):
        return self.putty("pscp", "-q", *arguments, **options)

    def remote(self, path):
        return f"{self.account}@127.0.0.1:{path}"

    def put(self, local, remote, **options):
        return self.copy("-sftp", local, self.remote(remote), **options)

    def get(self, remote, local, **options):
        return self.copy("-sftp", self.remote(remote), local, **options)

    def set_time(self, local, remote):
        return self.copy("-sftp", "-p", local, self.remote(remote))

    def listing(self, folder):
        result = self.copy("-sftp", "-ls", self.remote(folder))
        assert result.worked, result.output
        return result.output

    def names(self, folder):
        rows = self.listing(folder).splitlines()
        return [row.split(maxsplit=8)[8] for row in rows
                if row[:1] in "-d" and len(row.split(maxsplit=8)) == 9]

    def size(self, path):
        folder, _, name = path.rpartition("/")
        return size_in_listing(self.listing(folder), name)


@pytest.fixture(scope="module")
def program(agency):
    return Pscp(agency)


def test_a_refused_upload_has_a_receipt_though_pscp_says_nothing(agency, program, witness,
                                                                 place):
    local = agency.file(documents.windows_program(), "PED_1.pdf")
    result = program.put(local, f"{place.path}/PED_1.pdf")
    assert result.worked, "pscp minds the answer to CLOSE now: say so in the table"
    assert "TYPE_MISMATCH" in witness.result(place) or "EXECUTABLE" in witness.result(place)
    assert witness.seen_by_client(place) == []


def test_the_old_protocol_is_refused_at_once_and_in_words(agency, program, place):
    local = agency.file(documents.pdf(), "PED_1.pdf")
    began = time.monotonic()
    result = program.copy("-scp", local, program.remote(place.path))
    assert not result.worked
    assert "SFTP" in result.output, result.output
    assert time.monotonic() - began < 5
