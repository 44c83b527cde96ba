"""The link line is the privilege list: what each executable needs, against roles.def."""

import re
import subprocess

import pytest

from support.agency import SOURCE, program

ALWAYS = {"libc"}
OF_THE_SANITIZERS = {"libasan", "libubsan", "libm", "libgcc_s", "libpthread", "libdl"}
ROLES = re.findall(r'^ROLE\((\w+),\s*"([\w-]+)",\s*\d+,\s*\w+,\s*"([^"]*)"\)',
                   (SOURCE / "gateway" / "roles.def").read_text(), re.M)


def _needed(executable):
    text = subprocess.run(["readelf", "-dW", executable], check=True, capture_output=True,
                          text=True).stdout
    names = re.findall(r"\(NEEDED\).*\[(.+?)\]", text)
    return {re.sub(r"(-\d+)?\.so.*", "", name) for name in names
            if not name.startswith("ld-linux")}


def _allowed(libraries, needed):
    sanitized = bool(needed & {"libasan", "libubsan"})
    return set(libraries.split()) | ALWAYS | (OF_THE_SANITIZERS if sanitized else set())


def test_the_table_is_read_whole():
    lines = re.findall(r"^ROLE\(", (SOURCE / "gateway" / "roles.def").read_text(), re.M)
    assert len(ROLES) == len(lines) >= 7


@pytest.mark.parametrize("role, executable, libraries", ROLES)
def test_a_role_needs_no_library_beyond_the_table(role, executable, libraries):
    needed = _needed(program(executable))
    beyond = needed - _allowed(libraries, needed)
    assert not beyond, f"{executable} ({role}) needs {sorted(beyond)}"


@pytest.mark.parametrize("role, executable, libraries", ROLES)
def test_the_table_lists_no_library_that_the_role_does_not_need(role, executable, libraries):
    assert set(libraries.split()) <= _needed(program(executable)), role


def test_the_supervisor_needs_only_the_system_library():
    needed = _needed(program("garitad"))
    beyond = needed - _allowed("libseccomp", needed)
    assert not beyond, sorted(beyond)
