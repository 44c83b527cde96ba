"""ssh2-sftp-client of npm. It comes from build/node, where tests/system/node/install puts it."""

import json

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
from support.agency import SOURCE
from support.programs import Program

CLIENT = "ssh2-sftp-client"
MODULES = SOURCE / "build" / "node" / "node_modules"


class Node(Program):
    def node(self, *steps, port=None, password=None, rekey=False):
        given = {"host": "127.0.0.1", "port": port or self.agency.port,
                 "user": self.account, "steps": [[str(part) for part in step]
                                                 for step in steps],
                 "hostKey": self.agency.host_key, "rekey": rekey, "rekeys": str(self.log)}
        if password:
            given["password"] = password
        else:
            given["key"] = str(self.key)
        self.log.unlink(missing_ok=True)
        assert (MODULES / CLIENT).exists(), "tests/system/node/install puts it there"
        return self.run(["node", SOURCE / "tests" / "system" / "node" / "client.js"],
                        given=json.dumps(given), NODE_PATH=str(MODULES))

    def rekeys(self):
        return int(self.log.read_text())

    def put(self, local, remote, **options):
        return self.node(("fastPut" if options.get("fast") else "put", local, remote),
                         **options)

    def get(self, remote, local, **options):
        return self.node(("get", remote, local), **options)

    def resume(self, local, remote, **options):
        return self.node(("resume", local, remote), **options)

    def set_time(self, local, remote):
        seconds = str(int(local.stat().st_mtime))
        return self.node(("put", local, remote), ("utimes", remote, seconds))

    def rename(self, source, target):
        return self.node(("rename", source, target))

    def make_folder(self, path):
        return self.node(("mkdir", path))

    def remove(self, path):
        return self.node(("delete", path))

    def names(self, folder):
        result = self.node(("list", folder))
        assert result.worked, result.output
        return json.loads(result.output)

    def size(self, path):
        result = self.node(("size", path))
        assert result.worked, result.output
        return json.loads(result.output)


@pytest.fixture(scope="module")
def program(agency):
    return Node(agency)


def test_fast_put_with_its_parallel_writes_is_whole(agency, program, witness, place):
    content = documents.pdf(padding=2_000_000)
    result = program.node(("fastPut", agency.file(content, "PED_1.pdf"),
                           f"{place.path}/PED_1.pdf"))
    assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == content


def test_mkdir_with_parents_and_exists_find_what_is_there(program, place):
    """Quirks 13 and 14."""
    result = program.node(("mkdirRecursive", place.path), ("exists", f"{place.path}/nada.pdf"),
                          ("exists", place.path))
    assert result.worked, result.output
    assert result.output.split() == ["false", '"d"']


def test_append_goes_on_where_an_upload_ended(agency, program, witness, place):
    """Quirk 15: it opens with APPEND."""
    content = documents.pdf(padding=100_000)
    with witness.sender.open(f"{place.path}/PED_1.pdf.part", "w") as file:
        file.write(content[:50_000])
    rest = agency.file(content[50_000:], "rest")
    result = program.node(("append", rest, f"{place.path}/PED_1.pdf.part"),
                          ("rename", f"{place.path}/PED_1.pdf.part", f"{place.path}/PED_1.pdf"))
    assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == content
