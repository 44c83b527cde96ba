"""rclone. It asks for commands (md5sum, sha1sum, echo) and lives with their refusal; it uses a
pool of connections, so what is done after an upload may come from another one."""

import json
import subprocess

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
    test_an_upload_above_100_kib_is_filed, test_it_lists_every_file_of_a_folder,
    test_it_logs_in_with_a_key, test_it_logs_in_with_a_password,
    test_its_size_is_there_after_the_upload, witness)
from support.programs import Program

CLIENT = "rclone"
CANNOT = {"resume": "has no such command", "rekey": "at 1 GiB only: test_client_volume.py"}


class Rclone(Program):
    def rclone(self, *arguments, port=None, password=None):
        known = {"TYPE": "sftp", "HOST": "127.0.0.1", "USER": self.account,
                 "PORT": str(port or self.agency.port),
                 "KNOWN_HOSTS_FILE": str(self.known_hosts)}
        if password:
            hidden = subprocess.run(["rclone", "obscure", "-"], input=password, text=True,
                                    capture_output=True, check=True).stdout
            known["PASS"] = hidden.strip()
        else:
            known["KEY_FILE"] = str(self.key)
        environment = {f"RCLONE_CONFIG_GARITA_{key}": value for key, value in known.items()}
        command = ["rclone", "--config", self.work / "rclone.conf", "--retries", "1",
                   "--low-level-retries", "1", "--timeout", "30s", *arguments]
        return self.run(command, **environment)

    def put(self, local, remote, **options):
        return self.rclone("copyto", local, f"garita:{remote}", **options)

    def get(self, remote, local, **options):
        return self.rclone("copyto", f"garita:{remote}", local, **options)

    def set_time(self, local, remote):
        return self.put(local, remote)

    def rename(self, source, target):
        return self.rclone("moveto", f"garita:{source}", f"garita:{target}")

    def make_folder(self, path):
        return self.rclone("mkdir", f"garita:{path}")

    def remove(self, path):
        return self.rclone("deletefile", f"garita:{path}")

    def names(self, folder):
        result = self.rclone("lsf", f"garita:{folder}")
        assert result.worked, result.output
        return [row.rstrip("/") for row in result.output.splitlines() if "NOTICE" not in row]

    def size(self, path):
        result = self.rclone("lsjson", "--stat", f"garita:{path}")
        assert result.worked, result.output
        return json.loads(result.output[result.output.index("{"):])["Size"]


@pytest.fixture(scope="module")
def program(agency):
    return Rclone(agency)


def test_a_folder_is_copied_in_parallel_and_not_twice(agency, program, witness, place):
    """Four transfers on as many connections; SETSTAT comes from any of them."""
    folder = agency.folder()
    contents = {f"FO_{number}.pdf": documents.pdf(padding=50_000) for number in range(12)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    for _ in range(2):
        result = program.rclone("copy", folder, f"garita:{place.path}", "--transfers", "4")
        assert result.worked, result.output
    assert {name: witness.filed(place, name) for name in contents} == contents
    assert len(witness.receipts(place)) == len(contents)


def test_sync_and_check_agree_with_what_is_filed(agency, program, witness, place):
    folder = agency.folder()
    for number in range(3):
        (folder / f"FO_{number}.pdf").write_bytes(documents.pdf())
    assert program.rclone("sync", folder, f"garita:{place.path}").worked
    result = program.rclone("check", "--download", folder, f"garita:{place.path}")
    assert result.worked, result.output


def test_its_probes_for_commands_do_not_end_the_session(agency, program, witness, place):
    """md5sum and sha1sum by exec are refused; the upload goes on, and so does the address."""
    local = agency.file(documents.pdf(), "PED_1.pdf")
    result = program.rclone("copyto", "--checksum", "-vv", local,
                            f"garita:{place.path}/PED_1.pdf")
    assert result.worked, result.output
    assert program.rclone("hashsum", "md5", f"garita:{place.path}").output is not None
    assert program.names(place.path) == ["PED_1.pdf"]
