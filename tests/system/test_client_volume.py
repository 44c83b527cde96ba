"""More than 1 GiB in one session, in both directions: where clients begin a key exchange of
their own accord (PuTTY, rclone, OpenSSH with ChaCha20), or the gateway does. Slow, and wants 5 GB
of disk."""

import hashlib
import os

import pytest

from support.client_actions import place, witness  # noqa: F401
from test_client_curl import Curl, agency  # noqa: F401
from test_client_psftp import Psftp
from test_client_rclone import Rclone
from test_client_sftp import Sftp
from support import programs

MIB = 1 << 20
SIZE = 1100 * MIB


@pytest.fixture(scope="module")
def large(agency):
    """No two MiB of it are the same."""
    path = agency.folder() / "large"
    block, digest = os.urandom(MIB), hashlib.sha256()
    with path.open("wb") as file:
        for number in range(SIZE // MIB):
            piece = number.to_bytes(8, "big") + block[8:]
            file.write(piece)
            digest.update(piece)
    return path, digest.hexdigest()


def digest_of(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(MIB):
            digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("kind", [Sftp, Psftp, Rclone, Curl])
def test_more_than_a_gibibyte_arrives_and_comes_back(agency, large, place, kind, monkeypatch):
    monkeypatch.setattr(programs, "SECONDS", 300)
    program, (local, digest) = kind(agency), large
    remote = f"{place.path}/LARGE.part"  # unfinished: only the transport is looked at
    result = program.put(local, remote)
    assert result.worked, result.output
    fetched = agency.folder() / "fetched"
    result = program.get(remote, fetched)
    assert result.worked, result.output
    assert fetched.stat().st_size == SIZE
    assert digest_of(fetched) == digest
    fetched.unlink()
    assert program.remove(remote).worked
