"""PuTTY's psftp."""

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
    test_an_empty_upload_is_held_with_a_receipt,
    test_an_interrupted_upload_goes_on_from_a_new_connection,
    test_an_upload_above_100_kib_is_filed, test_it_lists_every_file_of_a_folder,
    test_it_logs_in_with_a_key, test_it_logs_in_with_a_password,
    test_its_size_is_there_after_the_upload,
    test_keys_are_exchanged_again_in_both_directions_of_a_transfer, witness)
from support.programs import size_in_listing
from support.putty import Putty, quoted

CLIENT = "psftp"
CANNOT = {"set times": "has no such command"}


class Psftp(Putty):
    stats = False

    def batch(self, *lines, **options):
        script = self.work / "batch"
        script.write_text("\n".join(lines) + "\n")
        return self.putty("psftp", "-b", script, f"{self.account}@127.0.0.1", **options)

    def put(self, local, remote, **options):
        return self.batch(f"put {quoted(local)} {quoted(remote)}", **options)

    def get(self, remote, local, **options):
        return self.batch(f"get {quoted(remote)} {quoted(local)}", **options)

    def resume(self, local, remote, **options):
        return self.batch(f"reput {quoted(local)} {quoted(remote)}", **options)

    def rename(self, source, target):
        return self.batch(f"mv {quoted(source)} {quoted(target)}")

    def make_folder(self, path):
        return self.batch(f"mkdir {quoted(path)}")

    def remove(self, path):
        return self.batch(f"del {quoted(path)}")

    def listing(self, folder):
        result = self.batch(f"cd {quoted(folder)}", "ls")
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
    return Psftp(agency)
