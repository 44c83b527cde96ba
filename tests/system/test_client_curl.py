"""curl with libssh2, as Debian has it. It signs RSA keys with SHA-1 alone, which nobody takes any
more: Ed25519 keys and passwords are its ways in. Debian's libssh2 needs old_macs in garita.yaml."""

import datetime
import subprocess
import urllib.parse

import pytest

from support import documents
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
    test_its_size_is_there_after_the_upload, witness)
from support.agency import running_agency
from support.programs import Program, size_in_listing

CLIENT = "curl"
CANNOT = {"rekey": "never begins one (libssh2): test_client_volume.py",
          "refusal noticed": "ignores the answer to CLOSE; the receipt tells, or a rename"}


class Curl(Program):
    stats = False

    def curl(self, path, *arguments, port=None, password=None):
        pin = self.agency.fingerprint.removeprefix("SHA256:")
        command = ["curl", "-sS", "--hostpubsha256", pin, "--connect-timeout", "10"]
        if password:
            command += ["-u", f"{self.account}:{password}"]
        else:
            command += ["-u", f"{self.account}:", "--key", self.key, "--pubkey",
                        f"{self.key}.pub"]
        where = urllib.parse.quote(path)
        return self.run([*command, *arguments,
                         f"sftp://127.0.0.1:{port or self.agency.port}{where}"])

    def quote(self, command):
        return self.curl("/", "-l", "-Q", command, "-o", "/dev/null")

    def put(self, local, remote, **options):
        return self.curl(remote, "-T", local, **options)

    def get(self, remote, local, **options):
        return self.curl(remote, "-o", local, **options)

    def resume(self, local, remote, **options):
        return self.curl(remote, "-T", local, "-C", "-", **options)

    def set_time(self, local, remote):
        when = datetime.datetime.fromtimestamp(local.stat().st_mtime, datetime.timezone.utc)
        date = when.strftime("%d %b %Y %H:%M:%S GMT")
        return self.curl(remote, "-T", local, "-Q", f'-mtime "{date}" "{remote}"')

    def rename(self, source, target):
        return self.quote(f'rename "{source}" "{target}"')

    def make_folder(self, path):
        return self.quote(f'mkdir "{path}"')

    def remove(self, path):
        return self.quote(f'rm "{path}"')

    def names(self, folder):
        result = self.curl(f"{folder.rstrip('/')}/", "-l")
        assert result.worked, result.output
        return [row for row in result.output.splitlines() if row not in (".", "..")]

    def size(self, path):
        folder, _, name = path.rpartition("/")
        result = self.curl(f"{folder}/")
        assert result.worked, result.output
        return size_in_listing(result.output, name)


@pytest.fixture(scope="module")
def agency():
    """libssh2 1.10 knows no encrypt-then-MAC: this agency lets such clients in."""
    with running_agency() as running:
        settings = running.policy / "garita.yaml"
        text = settings.read_text()
        settings.write_text(text.replace("\nlimits:\n", "\nlimits:\n  old_macs: 1\n"))
        assert "policy-in-force" in running.reload()
        yield running


@pytest.fixture(scope="module")
def program(agency):
    return Curl(agency)


def test_the_agency_decides_whether_so_old_a_client_comes_in():
    with running_agency() as strict:
        result = Curl(strict).curl("/", "-l")
        assert not result.worked
        assert "exchange encryption keys" in result.output


def test_an_rsa_key_is_refused_without_ending_the_address(agency, program):
    """Quirk 26, Debian 12's curl."""
    key = program.work / "rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-m", "PEM", "-f",
                    str(key)], check=True)
    result = program.curl("/", "-l", "--key", key, "--pubkey", f"{key}.pub")
    assert not result.worked
    assert "clientes" in program.names("/")


def test_a_refused_upload_has_a_receipt_and_fails_where_a_rename_follows(agency, program,
                                                                          witness, place):
    """What scripts with curl should do: a temporary name, and the final one by rename."""
    local = agency.file(documents.windows_program(), "PED_1.pdf")
    final = f"{place.path}/PED_1.pdf"
    result = program.put(local, final)
    assert result.worked, "curl minds the answer to CLOSE now: say so in the table"
    assert len(witness.receipts(place)) == 1
    result = program.curl(f"{final}.part", "-T", local, "-Q", f'-rename "{final}.part" "{final}"')
    assert not result.worked
    assert len(witness.receipts(place)) == 2
    assert witness.seen_by_client(place) == []


def test_create_dirs_makes_the_operation_on_the_way(agency, program, witness, place):
    """It makes every folder of the path, from the first; those that are there answer 4."""
    content = documents.pdf()
    result = program.curl(f"{place.path}/PED_1.pdf", "--ftp-create-dirs", "-T",
                          agency.file(content, "PED_1.pdf"))
    assert result.worked, result.output
    assert witness.filed(place, "PED_1.pdf") == content
