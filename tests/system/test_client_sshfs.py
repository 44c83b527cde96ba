"""sshfs: the gateway as a folder of the client's system. What one does there are the system
calls of Python. sshfs does not wait for the answer to CLOSE, so a refused upload looks well
there: the receipt, and the folder afterwards, are what its user has."""

import contextlib
import os
import shutil
import subprocess

import pytest

from support import documents, processes
from support.client_actions import (  # noqa: F401
    place, test_a_decomposed_name_is_stored_composed, test_a_deleted_file_is_gone,
    test_a_download_has_the_hash_of_what_was_sent,
    test_a_dropped_line_files_nothing_and_the_upload_can_be_repeated,
    test_a_folder_of_an_operation_can_be_made_and_another_not,
    test_a_name_of_200_characters_arrives_as_it_is,
    test_a_name_with_enye_ampersand_and_spaces_arrives_as_it_is,
    test_a_renamed_file_has_its_new_name_alone,
    test_a_second_upload_of_a_name_is_a_new_version, test_a_small_upload_is_filed,
    test_a_time_that_was_set_is_kept, test_an_empty_upload_is_held_with_a_receipt,
    test_an_interrupted_upload_goes_on_from_a_new_connection,
    test_an_upload_above_100_kib_is_filed, test_it_lists_every_file_of_a_folder,
    test_it_logs_in_with_a_key, test_it_logs_in_with_a_password,
    test_its_size_is_there_after_the_upload,
    test_keys_are_exchanged_again_in_both_directions_of_a_transfer, witness)
from support.clients import Result
from support.programs import Program

CLIENT = "sshfs"
CANNOT = {"refusal noticed": "does not wait for the answer to CLOSE; the receipt tells"}


class Sshfs(Program):
    waits = False

    @contextlib.contextmanager
    def mounted(self, port=None, password=None, rekey=False):
        folder = self.agency.folder()
        options = self.agency.ssh_options(self.account, password)
        ssh = self.ssh(rekey)
        wrapper = self.work / "ssh-for-sshfs"
        quoted = " ".join(f"'{option}'" for option in options)
        wrapper.write_text(f'#!/bin/sh\nexec {ssh} {quoted} "$@"\n')
        wrapper.chmod(0o755)
        # In the foreground and our child: it is ours to end.
        known = dict(self.agency.ssh_environment(password), LC_ALL="C.UTF-8",
                     HOME=str(self.work))
        command = ["sshfs", "-f", f"{self.account}@127.0.0.1:/", str(folder), "-p",
                   str(port or self.agency.port), "-o", f"ssh_command={wrapper}", "-o",
                   "dcache_timeout=1,direct_io"]
        log = (self.work / "sshfs.log").open("wb")
        server = subprocess.Popen(command, env=known, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
        try:
            processes.wait_until(lambda: os.path.ismount(folder) or server.poll() is not None,
                                 30, "sshfs has mounted")
            assert server.poll() is None, (self.work / "sshfs.log").read_text()
            yield folder
        finally:
            subprocess.run(["fusermount3", "-u", "-z", str(folder)], check=False,
                           stderr=subprocess.DEVNULL)
            server.terminate()
            server.wait(30)
            log.close()

    def attempt(self, work, **options):
        """What a program would notice: an error of a system call."""
        try:
            with self.mounted(**options) as folder:
                work(str(folder))
        except OSError as error:
            return Result(1, str(error))
        return Result(0, "")

    def put(self, local, remote, **options):
        def copy(folder):
            shutil.copyfile(local, folder + remote)
            os.stat(folder + remote)  # what was asked before has been answered by then
        return self.attempt(copy, **options)

    def get(self, remote, local, **options):
        return self.attempt(lambda folder: shutil.copyfile(folder + remote, local), **options)

    def resume(self, local, remote, **options):
        def append(folder):
            with open(folder + remote, "r+b") as target, open(local, "rb") as source:
                source.seek(target.seek(0, os.SEEK_END))
                shutil.copyfileobj(source, target)
            os.stat(folder + remote)
        return self.attempt(append, **options)

    def set_time(self, local, remote):
        return self.attempt(lambda folder: shutil.copy2(local, folder + remote))

    def rename(self, source, target):
        return self.attempt(lambda folder: os.rename(folder + source, folder + target))

    def make_folder(self, path):
        return self.attempt(lambda folder: os.mkdir(folder + path))

    def remove(self, path):
        return self.attempt(lambda folder: os.remove(folder + path))

    def names(self, folder):
        with self.mounted() as mounted:
            return os.listdir(str(mounted) + folder)

    def size(self, path):
        with self.mounted() as mounted:
            return os.stat(str(mounted) + path).st_size


@pytest.fixture(scope="module")
def program(agency):
    return Sshfs(agency)


def test_a_refused_upload_has_a_receipt_though_sshfs_says_nothing(agency, program, witness,
                                                                  place):
    content = documents.windows_program()
    result = program.put(agency.file(content), f"{place.path}/PED_1.pdf")
    assert result.worked, "sshfs waits for CLOSE now: say so in the table"
    processes.wait_until(lambda: witness.receipts(place), 10, "the receipt is there")
    assert "TYPE_MISMATCH" in witness.result(place) or "EXECUTABLE" in witness.result(place)
    assert witness.seen_by_client(place) == []


def test_fsync_is_answered(agency, program, witness, place):
    content = documents.pdf(padding=300_000)

    def write(folder):
        with open(f"{folder}{place.path}/PED_1.pdf", "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    result = program.attempt(write)
    assert result.worked, result.output
    processes.wait_until(lambda: witness.receipts(place), 10, "the receipt is there")
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_file_opened_to_read_and_write_is_uploaded(agency, program, witness, place):
    """Quirk 16."""
    content = documents.pdf()

    def write(folder):
        with open(f"{folder}{place.path}/PED_1.pdf", "w+b") as file:
            file.write(content)

    result = program.attempt(write)
    assert result.worked, result.output
    processes.wait_until(lambda: witness.receipts(place), 10, "the receipt is there")
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_temporary_file_is_renamed_over_the_filed_one(agency, program, witness, place):
    """As editors save: posix-rename@openssh.com."""
    first, second = documents.pdf(), documents.pdf()
    final = f"{place.path}/PED_1.pdf"

    def save(folder, content):
        with open(f"{folder}{final}.tmp", "wb") as file:
            file.write(content)
        os.rename(f"{folder}{final}.tmp", folder + final)

    for content in (first, second):
        result = program.attempt(lambda folder: save(folder, content))
        assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == second
