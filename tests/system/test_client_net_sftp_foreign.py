"""Net::SFTP::Foreign of Perl, with OpenSSH's ssh as its transport."""

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
from support.programs import Program
from support.agency import SOURCE

CLIENT = "Net::SFTP::Foreign"


class Foreign(Program):
    def perl(self, *arguments, port=None, password=None, rekey=False):
        script = SOURCE / "tests" / "system" / "net_sftp_foreign.pl"
        options = self.agency.ssh_options(self.account, password)
        wrapper = self.work / "ssh-for-perl"
        quoted = " ".join(f"'{option}'" for option in options)
        wrapper.write_text(f'#!/bin/sh\nexec {self.ssh(rekey)} {quoted} "$@"\n')
        wrapper.chmod(0o755)
        return self.run(["perl", script, wrapper, self.account, port or self.agency.port,
                         *arguments], password=password)

    def put(self, local, remote, **options):
        return self.perl("put", local, remote, **options)

    def get(self, remote, local, **options):
        return self.perl("get", remote, local, **options)

    def resume(self, local, remote, **options):
        return self.perl("resume", local, remote, **options)

    def set_time(self, local, remote):
        return self.put(local, remote)  # it always does

    def rename(self, source, target):
        return self.perl("rename", source, target)

    def make_folder(self, path):
        return self.perl("mkdir", path)

    def remove(self, path):
        return self.perl("remove", path)

    def names(self, folder):
        result = self.perl("list", folder)
        assert result.worked, result.output
        return [row[2:] for row in result.output.splitlines() if row.startswith("> ")]

    def size(self, path):
        result = self.perl("size", path)
        assert result.worked, result.output
        return int(result.output.split()[-1])


@pytest.fixture(scope="module")
def program(agency):
    return Foreign(agency)


def test_an_atomic_put_comes_by_a_temporary_name(agency, program, witness, place):
    """atomic => 1: a temporary name of its own making, renamed over the final one."""
    content = documents.pdf()
    result = program.perl("atomic", agency.file(content, "PED_1.pdf"), f"{place.path}/PED_1.pdf")
    assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == content
    assert witness.sender.listdir(place.path) == ["PED_1.pdf"]
