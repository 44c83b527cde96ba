"""Running client programs: what those of test_client_*.py have in common."""

import os
import re
import shlex
import subprocess

from support.agency import CORRESPONDENT
from support.clients import Result

SECONDS = 60


class Program:
    """A client that is a program, logged in as the correspondent."""

    account = CORRESPONDENT
    stats = True  # size() asks for the one name, and does not search a listing
    waits = True  # for the answer to CLOSE

    def __init__(self, agency):
        self.agency = agency
        self.work = agency.folder()
        self.known_hosts = agency.credentials / "known_hosts"
        self.key = agency.give_key(self.account)
        self.log = self.work / "ssh.log"

    def run(self, command, given=None, password=None, **environment):
        """Names are UTF-8 in the client too, and its home is a folder of its own."""
        known = dict(self.agency.ssh_environment(password), LC_ALL="C.UTF-8",
                     HOME=str(self.work), **environment)
        done = subprocess.run([str(part) for part in command], input=given, env=known,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=SECONDS, check=False, cwd=self.work)
        return Result(done.returncode, done.stdout)

    def run_well(self, *arguments, **options):
        result = self.run(*arguments, **options)
        assert result.worked, result.output
        return result.output

    # ---- OpenSSH as the transport -------------------------------------------------------

    def ssh(self, rekey=False):
        """A program that is ssh, and with rekey writes down its key exchanges."""
        wrapper = self.work / ("ssh-rekey" if rekey else "ssh")
        options = ["-E", str(self.log), "-o", "LogLevel=DEBUG1", "-o", "RekeyLimit=1M"]
        self.log.unlink(missing_ok=True)
        wrapper.write_text("#!/bin/sh\n"
                           f'exec ssh {shlex.join(options) if rekey else ""} "$@"\n')
        wrapper.chmod(0o755)
        return wrapper

    def rekeys(self):
        return self.log.read_text().count("SSH2_MSG_NEWKEYS received") - 1


def quoted(path):
    """For the command languages of sftp, psftp and lftp."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def size_in_listing(output, name):
    """The size in the line of `ls -l` that ends with the name."""
    for row in output.splitlines():
        if row.rstrip().endswith(name) and re.match(r"^[-d][-rwxstST]{9}", row):
            return int(row.split()[4])
    raise AssertionError(f"{name} is not in\n{output}")
