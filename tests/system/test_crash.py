"""kill -9 of each role while several sessions upload: what was acknowledged is there, byte for
byte, the service is back within seconds, the ledger verifies."""

import os
import signal
import threading
import time

import paramiko
import pytest

from support import documents, processes
from support.agency import CORRESPONDENT

SESSIONS = 3
KILLS = 3
BACK_SECONDS = 5


class Uploader(threading.Thread):
    """Uploads one PDF after another until told to stop; remembers which were acknowledged."""

    def __init__(self, agency, folder, number):
        super().__init__()
        self.agency, self.folder, self.number = agency, folder, number
        self.acknowledged = {}
        self.stopping = threading.Event()
        self.unexpected = None

    def run(self):
        while not self.stopping.is_set():
            try:
                with self.agency.paramiko(CORRESPONDENT) as session:
                    self.upload_all(session)
            except (paramiko.SSHException, OSError, EOFError):
                self.stopping.wait(0.1)
            except BaseException as error:
                self.unexpected = error
                raise

    def upload_all(self, session):
        while not self.stopping.is_set():
            serial = len(self.acknowledged) + 1
            name = f"PED_{self.number}_{serial}_{time.monotonic_ns()}.pdf"
            content = documents.pdf(padding=40_000)
            file = session.open(f"{self.folder}/{name}", "w")
            file.write(content)
            file.close()
            self.acknowledged[name] = content

    def count(self):
        return len(self.acknowledged)


def _work_goes_on(uploaders):
    """Every session gets two more uploads acknowledged."""
    before = [uploader.count() for uploader in uploaders]

    def more():
        return all(uploader.count() >= count + 2
                   for uploader, count in zip(uploaders, before))
    processes.wait_until(more, 30, "every session uploads")


def _service_is_back(agency):
    """Login, upload's answer and listing work again."""
    def works():
        try:
            with agency.paramiko(CORRESPONDENT) as session:
                return session.listdir("/acuses") is not None
        except (paramiko.SSHException, OSError, EOFError):
            return False
    processes.wait_until(works, BACK_SECONDS, "the service is back")


def _check(agency, operation, uploaders):
    with agency.paramiko(CORRESPONDENT) as session:
        # A file whose inspector was killed is held as not inspected: there, and readable where it
        # was sent.
        there = set(session.listdir(operation.path)) | set(session.listdir("/retenidos"))
        for uploader in uploaders:
            assert uploader.unexpected is None
            assert set(uploader.acknowledged) <= there
            for name, content in uploader.acknowledged.items():
                with session.open(f"{operation.path}/{name}") as file:
                    file.prefetch(len(content))
                    assert file.read() == content, name
    agency.console("ledger", "verify")


@pytest.mark.parametrize("role", ["garita-registry", "garita-auth", "garita-keys",
                                  "garita-ssh", "garita-inspect"])
def test_what_was_acknowledged_outlives_the_death_of(agency, operation, role):
    uploaders = [Uploader(agency, operation.path, number) for number in range(SESSIONS)]
    agency.give_key(CORRESPONDENT)
    for uploader in uploaders:
        uploader.start()
    try:
        for _ in range(KILLS):
            _work_goes_on(uploaders)
            killed = agency.kill_role(role)
            processes.wait_until(lambda: processes.name(killed) is None, 5, "it is dead")
            _service_is_back(agency)
        _work_goes_on(uploaders)
    finally:
        for uploader in uploaders:
            uploader.stopping.set()
        for uploader in uploaders:
            uploader.join(60)
    _check(agency, operation, uploaders)


def test_what_was_acknowledged_outlives_the_death_of_all(agency, operation):
    """The supervisor itself is killed: its roles die with it, and a new start recovers."""
    uploaders = [Uploader(agency, operation.path, number) for number in range(SESSIONS)]
    for uploader in uploaders:
        uploader.start()
    try:
        _work_goes_on(uploaders)
        agency.deaths_expected = True
        roles = processes.tree(agency.process.pid)
        agency.process.kill()
        agency.process.wait()
        processes.wait_until(lambda: all(processes.name(pid) is None for pid in roles), 10,
                             "its roles are gone")
        agency.journal.close()
        agency.start()
        _service_is_back(agency)
        _work_goes_on(uploaders)
    finally:
        for uploader in uploaders:
            uploader.stopping.set()
        for uploader in uploaders:
            uploader.join(60)
    _check(agency, operation, uploaders)


def test_an_inspector_that_dies_costs_no_file(agency, operation):
    """Not the role but one of its children, in the middle of the work."""
    uploader = Uploader(agency, operation.path, 9)
    uploader.start()
    try:
        for _ in range(KILLS):
            _work_goes_on([uploader])
            inspector = agency.role("garita-inspect")
            child = processes.wait_until(lambda: processes.children(inspector), 5,
                                         "an inspector works")[0]
            os.kill(child, signal.SIGKILL)
        _work_goes_on([uploader])
    finally:
        uploader.stopping.set()
        uploader.join(60)
    _check(agency, operation, [uploader])
