"""The limits of a session: its pace, what becomes of a client that takes nothing or says nothing,
and the banner before login."""

import contextlib
import os
import re
import signal
import subprocess
import time

import pytest

from support import processes, rawsftp, settings
from support.agency import CORRESPONDENT, Agency

PACE = 20
WINDOW = 2 * 1024 * 1024  # paramiko's


@pytest.fixture(scope="module")
def agency():
    agency = Agency()
    settings.limit(agency, requests_per_s=PACE, keepalive_s=1, stalled_s=3)
    settings.language(agency, "en")
    try:
        agency.start()
        yield agency
        agency.stop()
        agency.check_journal()
    finally:
        with contextlib.suppress(AssertionError):
            agency.stop()
        agency.remove()


def ended_with(agency, before, reason):
    """The journal tells, after `before`, that a session ended so."""
    pattern = re.compile(rf" session-ended .*reason={re.escape(reason)}( |$)", re.M)
    return processes.wait_until(lambda: pattern.search(agency.journal_text()[before:]), 20,
                                f"a session ends: {reason}")


def test_requests_that_come_too_fast_are_slowed_down_and_all_answered(agency):
    with rawsftp.raw(agency, CORRESPONDENT) as sftp:
        began = time.monotonic()
        asked = [sftp.send(rawsftp.STAT, rawsftp.string("/LEEME.txt")) for _ in range(4 * PACE)]
        for request in asked:
            assert sftp.answer(request).type == rawsftp.ATTRS
        assert 2.5 < time.monotonic() - began < 10  # a burst of one second, then three more


def test_reading_is_not_what_the_pace_is_for(agency):
    with rawsftp.raw(agency, CORRESPONDENT) as sftp:
        handle = sftp.opened("/LEEME.txt", rawsftp.FLAG_READ)
        began = time.monotonic()
        for _ in range(10 * PACE):
            assert sftp.read(handle, 0, 10).type == rawsftp.DATA
        assert time.monotonic() - began < 5


def test_a_silent_client_that_lives_is_kept(agency):
    command = ["sftp", "-vvv", *agency.ssh_options(CORRESPONDENT), "-P", str(agency.port),
               f"{CORRESPONDENT}@127.0.0.1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as client:
        asked = 0
        for line in client.stderr:  # it is asked again and again, and answers
            asked += "keepalive@openssh.com" in line
            if asked == 5:
                break
        output, _ = client.communicate("ls -1 /\n", timeout=20)
    assert "LEEME.txt" in output and client.returncode == 0


def test_a_client_that_answers_no_keepalive_is_given_up(agency):
    command = ["sftp", *agency.ssh_options(CORRESPONDENT), "-P", str(agency.port),
               f"{CORRESPONDENT}@127.0.0.1"]
    before = len(agency.journal_text())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as client:
        client.stdin.write("pwd\n")
        client.stdin.flush()
        while "working directory" not in client.stdout.readline():
            assert client.poll() is None
        everyone = [client.pid, *processes.tree(client.pid)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        ended_with(agency, before, r"no\x20answer\x20to\x20keepalives")
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)


def test_a_client_that_takes_nothing_is_given_up(agency):
    """It answers keepalives, but its window is full and stays so."""
    before = len(agency.journal_text())
    with rawsftp.raw(agency, CORRESPONDENT) as sftp:
        handle = sftp.opened("/LEEME.txt", rawsftp.FLAG_READ)
        size = sftp.ask(rawsftp.FSTAT, rawsftp.string(handle)).found["size"]
        for _ in range(2 * WINDOW // size):
            sftp.send(rawsftp.READ, rawsftp.string(handle) + rawsftp.u64(0) + rawsftp.u32(size))
        ended_with(agency, before, "stalled")


def test_the_banner_is_in_the_agencys_language(agency):
    with agency.transport(CORRESPONDENT) as transport:
        banner = transport.get_banner().decode()
    assert banner == "Authorised use only. Everything done here is recorded.\n"
