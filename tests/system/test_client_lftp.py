"""lftp, which brings OpenSSH's ssh as its transport."""

import shlex

import pytest

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
from support import documents
from support.programs import Program, quoted, size_in_listing

CLIENT = "lftp"


class Lftp(Program):
    stats = False

    def script(self, *lines, port=None, password=None, rekey=False):
        options = self.agency.ssh_options(self.account, password)
        if password:  # lftp answers the prompt itself, on a terminal that it makes
            options += ["-o", "PreferredAuthentications=password"]
        connect = shlex.join([str(self.ssh(rekey)), "-a", "-x", *options])
        settings = [f'set sftp:connect-program "{connect}"', "set sftp:auto-confirm no",
                    "set net:max-retries 1", "set net:timeout 20", "set cmd:fail-exit yes",
                    "set net:reconnect-interval-base 1", "set cmd:at-exit-bg \"\""]
        opened = (f"open -u {self.account},{password or 'unused'} "
                  f"sftp://127.0.0.1:{port or self.agency.port}")
        return self.run(["lftp", "--norc", "-c", "\n".join([*settings, opened, *lines])],
                        SSH_ASKPASS_REQUIRE="never")

    def put(self, local, remote, **options):
        return self.script(f"put {quoted(local)} -o {quoted(remote)}", **options)

    def get(self, remote, local, **options):
        return self.script(f"get {quoted(remote)} -o {quoted(local)}", **options)

    def resume(self, local, remote, **options):
        return self.script(f"put -c {quoted(local)} -o {quoted(remote)}", **options)

    def set_time(self, local, remote):
        return self.put(local, remote)  # it always does

    def rename(self, source, target):
        return self.script(f"mv {quoted(source)} {quoted(target)}")

    def make_folder(self, path):
        return self.script(f"mkdir {quoted(path)}")

    def remove(self, path):
        return self.script(f"rm {quoted(path)}")

    def names(self, folder):
        result = self.script(f"cd {quoted(folder)}", "cls -1")
        assert result.worked, result.output
        return [row.rstrip("/") for row in result.output.splitlines()]

    def size(self, path):
        folder, _, name = path.rpartition("/")
        result = self.script(f"cd {quoted(folder)}", "ls -l")
        assert result.worked, result.output
        return size_in_listing(result.output, name)


@pytest.fixture(scope="module")
def program(agency):
    return Lftp(agency)


def test_mirror_sends_a_folder_in_parallel_and_not_twice(agency, program, witness, place):
    folder = agency.folder()
    contents = {f"FO_Año {number}.pdf": documents.pdf() for number in range(6)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    mirror = f"mirror -R --parallel=3 {quoted(folder)} {quoted(place.path)}"
    for _ in range(2):
        result = program.script(mirror)
        assert result.worked, result.output
    assert {name: witness.filed(place, name) for name in contents} == contents
    assert len(witness.receipts(place)) == len(contents), "the second mirror sent them again"


def test_mirror_fetches_a_folder(agency, program, witness, place):
    contents = {f"FO_{number}.pdf": documents.pdf() for number in range(4)}
    for name, content in contents.items():
        with witness.sender.open(f"{place.path}/{name}", "w") as file:
            file.write(content)
    fetched = agency.folder()
    result = program.script(f"mirror {quoted(place.path)} {quoted(fetched)}")
    assert result.worked, result.output
    assert {path.name: path.read_bytes() for path in fetched.iterdir()} == contents


def test_its_temporary_names_are_committed_by_their_rename(agency, program, witness, place):
    """xfer:use-temp-file: the temporary name is of the agency's choice, in garita.yaml."""
    content = documents.pdf(padding=200_000)
    local = agency.file(content, "PED_1.pdf")
    result = program.script("set xfer:use-temp-file yes", "set xfer:temp-file-name *.part",
                            f"put {quoted(local)} -o {quoted(place.path + '/PED_1.pdf')}")
    assert result.worked, result.output
    assert witness.sender.listdir(place.path) == ["PED_1.pdf"]
    assert witness.filed(place, "PED_1.pdf") == content
