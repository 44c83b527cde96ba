"""Fixtures of the system tests. One agency serves all tests of a file; each test works in an
operation of its own, so that their order does not matter."""

import itertools

import pytest

pytest.register_assert_rewrite("support.client_actions")

from support.agency import CORRESPONDENT, OTHER_CORRESPONDENT, OTHER_RFC, RFC
from support.agency import running_agency

_pedimento = itertools.count(6100001)


class Operation:
    """A folder /clientes/RFC/2026/26-240-3420-NNNNNNN, and where its client sees it."""

    def __init__(self, agency, correspondent, rfc, office):
        self.name = f"26-{office}-3420-{next(_pedimento)}"
        self.path = f"/clientes/{rfc}/2026/{self.name}"
        self.seen_by_client = f"/expedientes/2026/{self.name}"
        agency.sftp(correspondent, f"mkdir {self.path}")


@pytest.fixture(scope="module")
def agency():
    with running_agency() as running:
        yield running


@pytest.fixture
def operation(agency):
    return Operation(agency, CORRESPONDENT, RFC, "240")


@pytest.fixture
def other_operation(agency):
    return Operation(agency, OTHER_CORRESPONDENT, OTHER_RFC, "160")


@pytest.fixture(autouse=True)
def clean_journal(request):
    yield
    if "agency" in request.fixturenames:
        request.getfixturevalue("agency").check_journal()


def pytest_sessionfinish(session, exitstatus):
    """A skip is never silent: ctest hears it as 77, and tests/run looks for it in its list."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 77
