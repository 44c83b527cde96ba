"""OpenSSH's scp: over SFTP since its release 9, and the old protocol, which is refused."""

import time

import pytest

from support.client_actions import (  # noqa: F401
    place, test_a_decomposed_name_is_stored_composed,
    test_a_download_has_the_hash_of_what_was_sent,
    test_a_dropped_line_files_nothing_and_the_upload_can_be_repeated,
    test_a_name_of_200_characters_arrives_as_it_is,
    test_a_name_with_enye_ampersand_and_spaces_arrives_as_it_is,
    test_a_refused_upload_fails_in_the_client,
    test_a_second_upload_of_a_name_is_a_new_version, test_a_small_upload_is_filed,
    test_a_time_that_was_set_is_kept, test_an_empty_upload_is_held_with_a_receipt,
    test_an_upload_above_100_kib_is_filed, test_it_logs_in_with_a_password,
    test_keys_are_exchanged_again_in_both_directions_of_a_transfer, witness)
from support import documents
from support.client_table import action
from support.programs import Program

CLIENT = "scp"
CANNOT = {name: "has no such command" for name in (
    "list", "rename", "make folder", "delete", "stat after put", "resume")}


class Scp(Program):
    def copy(self, source, target, *flags, port=None, password=None, rekey=False):
        command = ["scp", "-S", self.ssh(rekey), *flags,
                   *self.agency.ssh_options(self.account, password),
                   "-P", port or self.agency.port, source, target]
        return self.run(command, password=password)

    def remote(self, path):
        return f"{self.account}@127.0.0.1:{path}"

    def put(self, local, remote, **options):
        return self.copy(local, self.remote(remote), **options)

    def get(self, remote, local, **options):
        return self.copy(self.remote(remote), local, **options)

    def set_time(self, local, remote):
        return self.copy(local, self.remote(remote), "-p")


@pytest.fixture(scope="module")
def program(agency):
    return Scp(agency)


@action("login by key")
def test_it_logs_in_with_a_key_and_keeps_the_name_in_a_folder(agency, program, witness, place):
    content = documents.pdf()
    local = agency.file(content, "PED_1.pdf")
    assert program.put(local, place.path + "/").worked
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_folder_is_fetched_whole(agency, program, witness, place):
    contents = {f"FO_{number}.pdf": documents.pdf() for number in range(3)}
    for name, content in contents.items():
        with witness.sender.open(f"{place.path}/{name}", "w") as file:
            file.write(content)
    fetched = agency.folder()
    result = program.copy(program.remote(place.path), fetched, "-r")
    assert result.worked, result.output
    found = {path.name: path.read_bytes() for path in (fetched / place.name).iterdir()}
    assert found == contents


@pytest.mark.parametrize("upload", [True, False])
def test_the_old_protocol_is_refused_at_once_and_in_words(agency, program, place, upload):
    local = agency.file(documents.pdf(), "PED_1.pdf")
    ends = (local, program.remote(place.path)) if upload else (
        program.remote("/LEEME.txt"), agency.folder())
    began = time.monotonic()
    result = program.copy(*ends, "-O")
    assert not result.worked
    assert "SFTP" in result.output, result.output
    assert time.monotonic() - began < 5
