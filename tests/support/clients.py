"""The real clients that the system tests drive: OpenSSH's sftp, lftp, paramiko."""

import base64
import contextlib
import hashlib
import os
import shlex
import subprocess

import paramiko

CLIENT_SECONDS = 60


class Result:
    """How a client program ended and what it said on both streams."""

    def __init__(self, code, output):
        self.code = code
        self.output = output

    @property
    def worked(self):
        return self.code == 0


class Clients:
    """Mixed into Agency, which has directory, credentials, port, host_key."""

    def key_path(self, account):
        return self.credentials / account

    def file(self, content, name="file"):
        """A local file with this content, in a folder of its own."""
        folder = self.directory / "local" / os.urandom(8).hex()
        folder.mkdir(parents=True)
        path = folder / name
        path.write_bytes(content)
        return path

    def folder(self):
        path = self.directory / "local" / os.urandom(8).hex()
        path.mkdir(parents=True)
        return path

    # ---- OpenSSH ---------------------------------------------------------------------

    def ssh_options(self, account, password=None):
        options = ["-F", "/dev/null", "-o", "StrictHostKeyChecking=yes",
                   "-o", f"UserKnownHostsFile={self.credentials / 'known_hosts'}",
                   "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10"]
        if password is None:
            return options + ["-i", str(self.give_key(account)), "-o", "IdentitiesOnly=yes",
                              "-o", "IdentityAgent=none", "-o", "BatchMode=yes"]
        return options + ["-o", "PubkeyAuthentication=no", "-o", "BatchMode=no",
                          "-o", "NumberOfPasswordPrompts=1"]

    def ssh_environment(self, password):
        """ssh asks a program for the password; the program knows it from the environment."""
        ask = self.credentials / "ask"
        if not ask.exists():
            ask.write_text('#!/bin/sh\nprintf "%s\\n" "$GARITA_TEST_PASSWORD"\n')
            ask.chmod(0o700)
        return dict(os.environ, SSH_ASKPASS=str(ask), SSH_ASKPASS_REQUIRE="force",
                    GARITA_TEST_PASSWORD=password or "")

    def run_client(self, command, password=None, given=None, check=True):
        done = subprocess.run(command, input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=CLIENT_SECONDS, env=self.ssh_environment(password))
        result = Result(done.returncode, done.stdout)
        if check:
            assert result.worked, f"{command}\n{given}\n{result.output}"
        return result

    def sftp(self, account, *lines, password=None, check=True):
        """Runs the lines as a batch. A line that fails ends the batch with exit code 1."""
        command = ["sftp", "-o", "LogLevel=ERROR", *self.ssh_options(account, password), "-P", str(self.port),
                   "-b", "-", f"{account}@127.0.0.1"]
        return self.run_client(command, password, "\n".join(lines) + "\n", check)

    def ssh(self, account, *arguments, check=False):
        command = ["ssh", *self.ssh_options(account), "-p", str(self.port), *arguments[:-1],
                   f"{account}@127.0.0.1", *arguments[-1:]]
        return self.run_client(command, check=check)

    # ---- lftp ------------------------------------------------------------------------

    def lftp(self, account, *lines, check=True):
        connect = shlex.join(["ssh", "-a", "-x", *self.ssh_options(account)])
        script = [f'set sftp:connect-program "{connect}"', "set sftp:auto-confirm no",
                  "set net:max-retries 1", "set net:timeout 20", "set cmd:fail-exit yes",
                  f"open -u {account},unused sftp://127.0.0.1:{self.port}", *lines]
        command = ["lftp", "--norc", "-c", "\n".join(script)]
        return self.run_client(command, check=check)

    # ---- paramiko --------------------------------------------------------------------

    @contextlib.contextmanager
    def transport(self, account, password=None):
        transport = paramiko.Transport(("127.0.0.1", self.port))
        try:
            host_key = paramiko.Ed25519Key(data=base64.b64decode(self.host_key))
            if password is None:
                key = paramiko.Ed25519Key.from_private_key_file(str(self.give_key(account)))
                transport.connect(host_key, account, pkey=key)
            else:
                transport.connect(host_key, account, password=password)
            yield transport
        finally:
            transport.close()

    @contextlib.contextmanager
    def paramiko(self, account, password=None):
        with self.transport(account, password) as transport:
            session = paramiko.SFTPClient.from_transport(transport)
            session.get_channel().settimeout(CLIENT_SECONDS)
            yield session

    # ---- what an account finds -------------------------------------------------------

    def receipts(self, account):
        """The text of each of the account's receipts, in the order of their numbers."""
        with self.paramiko(account) as session:
            found = []
            for year in sorted(session.listdir("/acuses")):
                for month in sorted(session.listdir(f"/acuses/{year}")):
                    folder = f"/acuses/{year}/{month}"
                    for name in sorted(session.listdir(folder)):
                        found.append(session.open(f"{folder}/{name}").read().decode())
            return found

    def receipts_of(self, account, name):
        return [text for text in self.receipts(account) if name in text]

    def content(self, account, path):
        with self.paramiko(account) as session:
            with session.open(path) as file:
                return file.read()

    def names(self, account, folder):
        with self.paramiko(account) as session:
            return sorted(session.listdir(folder))


def sha256(content):
    return hashlib.sha256(content).hexdigest()
