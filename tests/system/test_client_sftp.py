"""OpenSSH's sftp."""

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

CLIENT = "sftp"


class Sftp(Program):
    def batch(self, *lines, port=None, password=None, rekey=False):
        command = ["sftp", "-S", self.ssh(rekey),
                   *self.agency.ssh_options(self.account, password),
                   "-P", port or self.agency.port, "-b", "-", f"{self.account}@127.0.0.1"]
        return self.run(command, "\n".join(lines) + "\n", password)

    def put(self, local, remote, **options):
        return self.batch(f"put {quoted(local)} {quoted(remote)}", **options)

    def get(self, remote, local, **options):
        return self.batch(f"get {quoted(remote)} {quoted(local)}", **options)

    def resume(self, local, remote, **options):
        return self.batch(f"reput {quoted(local)} {quoted(remote)}", **options)

    def set_time(self, local, remote):
        return self.batch(f"put -p {quoted(local)} {quoted(remote)}")

    def rename(self, source, target):
        return self.batch(f"rename {quoted(source)} {quoted(target)}")

    def make_folder(self, path):
        return self.batch(f"mkdir {quoted(path)}")

    def remove(self, path):
        return self.batch(f"rm {quoted(path)}")

    def names(self, folder):
        result = self.batch(f"cd {quoted(folder)}", "ls -1")
        assert result.worked, result.output
        return result.output.partition("sftp> ls -1\n")[2].splitlines()

    def size(self, path):
        result = self.batch(f"ls -ln {quoted(path)}")
        assert result.worked, result.output
        return size_in_listing(result.output, path)


@pytest.fixture(scope="module")
def program(agency):
    return Sftp(agency)


def test_put_a_resumes_as_well(agency, program, witness, place):
    content = documents.pdf(padding=200_000)
    with witness.sender.open(f"{place.path}/PED_1.pdf.part", "w") as file:
        file.write(content[:100_000])
    local = agency.file(content, "PED_1.pdf")
    result = program.batch(f"put -a {quoted(local)} {quoted(place.path + '/PED_1.pdf.part')}",
                           f"rename {quoted(place.path + '/PED_1.pdf.part')} "
                           f"{quoted(place.path + '/PED_1.pdf')}")
    assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_whole_folder_is_sent_at_once(agency, program, witness, place):
    folder = agency.folder()
    contents = {f"FO_{number}.pdf": documents.pdf() for number in range(6)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    result = program.batch(f"put -r {quoted(folder)}/. {quoted(place.path)}")
    assert result.worked, result.output
    assert {name: witness.filed(place, name) for name in contents} == contents


def test_df_tells_something_or_that_it_is_not_supported(program):
    """statvfs@openssh.com: of the account, or refused; never the end of the session."""
    result = program.batch("-df /", "ls -1 /")
    assert result.worked, result.output
    assert "/clientes" in result.output
