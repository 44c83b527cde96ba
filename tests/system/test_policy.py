"""A policy comes into force whole or not at all."""

from support import documents
from support.agency import CORRESPONDENT


def _garita_yaml(agency):
    return agency.policy / "garita.yaml"


def test_a_policy_that_does_not_check_leaves_the_old_one_in_force(agency, operation):
    path = _garita_yaml(agency)
    good = path.read_text()
    for wrong in (good + "\nno_such_key: 1\n", good + "\n\t: [", ""):
        path.write_text(wrong)
        told = agency.reload()
        assert " error " in told or " warning " in told, told
        agency.sftp(CORRESPONDENT,
                    f"put {agency.file(documents.pdf())} {operation.path}/PED_1.pdf")
    path.write_text(good)
    assert " info " in agency.reload()


def test_the_journal_names_file_and_line_of_the_mistake(agency):
    path = _garita_yaml(agency)
    good = path.read_text()
    path.write_text(good + "\nno_such_key: 1\n")
    line = len(good.splitlines()) + 2
    try:
        told = agency.reload()
        assert f"garita.yaml:{line}" in agency.journal_text(), told
    finally:
        path.write_text(good)
        agency.reload()


def test_an_account_that_is_no_longer_in_the_policy_cannot_log_in(agency):
    account = "beta"
    agency.sftp(account, "pwd")
    path = agency.policy / "accounts" / f"{account}.yaml"
    good = path.read_text()
    path.unlink()
    try:
        assert " info " in agency.reload()
        assert not agency.sftp(account, "pwd", check=False).worked
    finally:
        path.write_text(good)
        agency.reload()
    agency.sftp(account, "pwd")
