"""Extended requests, sent as they are; the space of an account; what is not served."""

import hashlib
import itertools
import os
import re

import pytest

from support import documents, rawsftp
from support.agency import CLIENT, CORRESPONDENT, running_agency
from support.rawsftp import Reader, raw, string, u32, u64

SERVED = {"posix-rename@openssh.com": "1", "statvfs@openssh.com": "2",
          "fstatvfs@openssh.com": "2", "fsync@openssh.com": "1", "lsetstat@openssh.com": "1",
          "limits@openssh.com": "1", "expand-path@openssh.com": "1", "home-directory": "1",
          "users-groups-by-id@openssh.com": "1", "check-file": "1", "check-file-name": "1",
          "check-file-handle": "1"}
QUOTA_BYTES, QUOTA_FILES = 4 << 20, 100
BLOCK = 4096
_serial = itertools.count(1)


@pytest.fixture(scope="module")
def agency():
    with running_agency() as running:
        limit(running, f"{{bytes: {QUOTA_BYTES}, files: {QUOTA_FILES}}}")
        yield running


def limit(agency, quota):
    path = agency.policy / "accounts" / f"{CORRESPONDENT}.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("quota:")]
    path.write_text("\n".join([*lines, f"quota: {quota}"]) + "\n")
    assert "policy-in-force" in agency.reload()


@pytest.fixture
def laredo(agency):
    with raw(agency, CORRESPONDENT) as session:
        yield session


@pytest.fixture
def acme(agency):
    with raw(agency, CLIENT) as session:
        yield session


def fresh(operation):
    return f"{operation.path}/FO_{next(_serial)}.pdf"


def file_of(session, operation, size):
    """A file of this size on the gateway, held or filed: (its path, its bytes)."""
    path, content = fresh(operation), documents.pdf()
    content += b"%" * (size - len(content))
    answer = session.put(path, content)
    assert answer.code == rawsftp.OK, answer
    return path, content


def space(session, path="/"):
    answer = session.extended("statvfs@openssh.com", string(path))
    assert answer.type == rawsftp.EXTENDED_REPLY, answer
    return fields(answer)


def fields(answer):
    reader = Reader(answer.data)
    names = ["bsize", "frsize", "blocks", "bfree", "bavail", "files", "ffree", "favail",
             "fsid", "flag", "namemax"]
    found = {name: reader.u64() for name in names}
    assert not reader.data
    return found


def check(session, kind, what, hashes="sha256", offset=0, size=0, block=0):
    return session.extended(kind, string(what) + string(hashes) + u64(offset) + u64(size)
                            + u32(block))


def hashes_of(answer):
    assert answer.type == rawsftp.EXTENDED_REPLY, answer
    reader = Reader(answer.data)
    assert reader.string() == b"sha256"
    assert len(reader.data) % 32 == 0
    return [reader.data[at:at + 32] for at in range(0, len(reader.data), 32)]


# ---- what is told of ---------------------------------------------------------------------

def test_exactly_what_is_served_is_advertised(laredo):
    assert laredo.extensions == SERVED


@pytest.mark.parametrize("name", ["hardlink@openssh.com", "copy-data", "copy-file",
                                  "space-available", "vendor-id", "x@example.org", ""])
def test_what_is_not_served_is_unsupported_and_the_session_goes_on(laredo, name):
    answer = laredo.extended(name, string("/LEEME.txt") + string("/entrada/x.pdf"))
    assert answer.code == rawsftp.UNSUPPORTED
    assert laredo.path(rawsftp.STAT, "/LEEME.txt").type == rawsftp.ATTRS


@pytest.mark.parametrize("kind", [rawsftp.SYMLINK, rawsftp.READLINK, rawsftp.LINK,
                                  rawsftp.BLOCK, 99, 255])
def test_links_and_unknown_requests_are_unsupported(laredo, kind):
    answer = laredo.ask(kind, string("/LEEME.txt") + string("/entrada/x.pdf"))
    assert answer.code == rawsftp.UNSUPPORTED
    assert laredo.path(rawsftp.STAT, "/LEEME.txt").type == rawsftp.ATTRS


def test_extended_requests_cut_short_are_bad_messages(laredo):
    for name in SERVED:
        if name != "limits@openssh.com":
            assert laredo.extended(name).code == rawsftp.BAD_MESSAGE, name


# ---- space -------------------------------------------------------------------------------

def test_statvfs_tells_the_quota_and_not_the_disk(laredo, operation):
    before = space(laredo)
    assert before["bsize"] == before["frsize"] == BLOCK
    assert before["blocks"] == QUOTA_BYTES // BLOCK and before["files"] == QUOTA_FILES
    assert before["namemax"] == 255 and before["fsid"] == 0
    file_of(laredo, operation, 10 * BLOCK)
    after = space(laredo, operation.path)
    assert after["bfree"] == after["bavail"] == before["bfree"] - 10
    assert after["ffree"] == after["favail"] == before["ffree"] - 1


def test_fstatvfs_tells_the_same(laredo):
    handle = laredo.opened("/LEEME.txt", rawsftp.FLAG_READ)
    answer = laredo.extended("fstatvfs@openssh.com", string(handle))
    assert fields(answer) == space(laredo)
    laredo.close(handle)
    assert laredo.extended("fstatvfs@openssh.com", string(handle)).code == rawsftp.FAILURE


def test_statvfs_of_what_is_not_there_does_not_exist(laredo, acme):
    assert laredo.extended("statvfs@openssh.com", string("/nada")).code == rawsftp.NO_SUCH_FILE
    hidden = acme.extended("statvfs@openssh.com", string("/clientes"))
    assert hidden.code == rawsftp.NO_SUCH_FILE


def test_statvfs_of_an_account_without_quota_is_a_pebibyte(acme):
    found = space(acme)
    assert found["blocks"] == found["bfree"] == (1 << 50) // BLOCK
    assert found["files"] == 10**9


def test_df_of_openssh_shows_the_quota(agency):
    shown = agency.sftp(CORRESPONDENT, "df -h /").output
    assert re.search(r"^\s*4\.0MB\s", shown, re.M), shown
    free = agency.sftp(CORRESPONDENT, "df -hi /").output
    assert re.search(r"^\s*100\s", free, re.M), free


def test_an_upload_past_the_quota_is_refused_in_words(agency, laredo, operation):
    with raw(agency, CORRESPONDENT) as session:
        content = documents.pdf()
        content += b"%" * (QUOTA_BYTES - len(content))
        before = space(session)
        answer = session.put(fresh(operation), content)
    assert answer.code == rawsftp.FAILURE and "[QUOTA]" in answer.text
    assert "no cabe en el espacio de su cuenta" in answer.text
    assert space(laredo) == before
    assert "QUOTA" in agency.receipts(CORRESPONDENT)[-1]


def test_a_full_account_sends_no_more_until_it_has_space(agency, laredo, operation):
    used = QUOTA_FILES - space(laredo)["ffree"]
    file_of(laredo, operation, BLOCK)
    limit(agency, f"{{files: {used + 1}}}")
    try:
        answer = laredo.open(fresh(operation), rawsftp.FRESH)
        assert answer.code == rawsftp.FAILURE and "[QUOTA_REACHED]" in answer.text
        assert space(laredo)["ffree"] == 0
        assert laredo.get("/LEEME.txt")
    finally:
        limit(agency, f"{{bytes: {QUOTA_BYTES}, files: {QUOTA_FILES}}}")
    file_of(laredo, operation, BLOCK)


def test_two_sessions_share_one_space(agency, laredo, operation):
    """State is the account's, not the connection's."""
    with raw(agency, CORRESPONDENT) as other:
        file_of(other, operation, 2 * BLOCK)
        assert space(laredo) == space(other)
        path = fresh(operation)
        handle = other.opened(path, rawsftp.FRESH)
        other.write_all(handle, b"%PDF")
        seen = laredo.path(rawsftp.STAT, path)
        assert seen.type == rawsftp.ATTRS and seen.found["size"] == 4
        other.close(handle)


# ---- paths, names, times -----------------------------------------------------------------

@pytest.mark.parametrize("given, expanded", [
    ("~", "/"), ("~/", "/"), ("~/entrada", "/entrada"), ("~/../x", "/x"), ("/a/../b", "/b"),
    ("entrada", "/entrada"), ("~root", "/~root"), (".", "/")])
def test_expand_path_knows_one_home(laredo, given, expanded):
    answer = laredo.extended("expand-path@openssh.com", string(given))
    assert answer.type == rawsftp.NAME and [name for name, *_ in answer.names] == [expanded]


@pytest.mark.parametrize("user", ["", CORRESPONDENT, "root", CLIENT])
def test_home_directory_is_the_top(laredo, user):
    answer = laredo.extended("home-directory", string(user))
    assert answer.type == rawsftp.NAME and [name for name, *_ in answer.names] == ["/"]


def test_scp_with_a_tilde_goes_to_the_top(agency, operation):
    local = agency.file(documents.pdf(), "PED_1.pdf")
    agency.run_client(["scp", "-s", "-q", *agency.ssh_options(CORRESPONDENT), "-P",
                       str(agency.port), str(local),
                       f"{CORRESPONDENT}@127.0.0.1:~{operation.path}/PED_1.pdf"])
    assert agency.content(CLIENT, f"{operation.seen_by_client}/PED_1.pdf") == local.read_bytes()


def test_users_and_groups_have_invented_names(laredo):
    ids = u32(0) + u32(65534) + u32(os.getuid())
    answer = laredo.extended("users-groups-by-id@openssh.com", string(ids) + string(u32(0)))
    assert answer.type == rawsftp.EXTENDED_REPLY
    reader = Reader(answer.data)
    users, groups = Reader(reader.string()), Reader(reader.string())
    assert (users.string(), users.string()) == (b"garita", b"")
    assert groups.string() == b"garita" and not groups.data


def test_lsetstat_sets_the_time(laredo, operation):
    path, _ = file_of(laredo, operation, BLOCK)
    answer = laredo.extended("lsetstat@openssh.com",
                             string(path) + rawsftp.attributes(times=1600000000))
    assert answer.code == rawsftp.OK
    assert laredo.path(rawsftp.STAT, path).found["times"][1] == 1600000000


# ---- check-file --------------------------------------------------------------------------

def test_check_file_name_is_the_hash_of_what_was_sent(laredo, operation):
    path, content = file_of(laredo, operation, 300_000)
    assert hashes_of(check(laredo, "check-file-name", path)) == [
        hashlib.sha256(content).digest()]
    by_blocks = hashes_of(check(laredo, "check-file-name", path, "md5,sha256", 100, 0, 100_000))
    assert by_blocks == [hashlib.sha256(content[at:at + 100_000]).digest()
                         for at in range(100, len(content), 100_000)]


def test_check_file_handle_is_the_hash_of_what_is_open(laredo, operation):
    path, content = file_of(laredo, operation, 100_000)
    handle = laredo.opened(path, rawsftp.FLAG_READ)
    asked = [laredo.send(rawsftp.EXTENDED, string("check-file-handle") + string(handle)
                         + string("sha256") + u64(offset) + u64(0) + u32(0))
             for offset in range(12)]
    closed = laredo.send(rawsftp.CLOSE, string(handle))
    for offset, request in enumerate(asked):
        expected = hashlib.sha256(content[offset:]).digest()
        assert hashes_of(laredo.answer(request)) == [expected]
    assert laredo.answer(closed).code == rawsftp.OK


def test_check_file_of_paramiko_works(agency, laredo, operation):
    path, content = file_of(laredo, operation, 70_000)
    with agency.paramiko(CORRESPONDENT) as session, session.open(path) as file:
        assert file.check("sha256") == hashlib.sha256(content).digest()


def test_check_file_says_no_more_than_reading_would(agency, laredo, acme, operation):
    path, _ = file_of(laredo, operation, BLOCK)
    assert check(acme, "check-file-name", path).code == rawsftp.NO_SUCH_FILE
    assert check(laredo, "check-file-name", "/entrada").code == rawsftp.FAILURE
    assert check(laredo, "check-file-name", "/nada").code == rawsftp.NO_SUCH_FILE
    assert check(laredo, "check-file-name", path, "md5,sha1").code == rawsftp.UNSUPPORTED
    assert check(laredo, "check-file-name", path, block=255).code == rawsftp.FAILURE
    handle = laredo.opened(fresh(operation), rawsftp.FRESH)
    assert check(laredo, "check-file-handle", handle).code == rawsftp.PERMISSION_DENIED
    laredo.close(handle)


def test_a_large_file_is_hashed_while_the_session_goes_on(agency, laredo, operation):
    size = 200 << 20
    limit(agency, "{bytes: 1 GiB}")
    try:
        path = fresh(operation)
        handle = laredo.opened(path, rawsftp.FRESH)
        content = documents.pdf()
        laredo.write_all(handle, content)
        laredo.ask(rawsftp.FSETSTAT, string(handle) + rawsftp.attributes(size=size))
        with raw(agency, CORRESPONDENT) as other:
            check_id = other.send(rawsftp.EXTENDED, string("check-file-name") + string(path)
                                  + string("sha256") + u64(0) + u64(0) + u32(0))
            stats = [other.send(rawsftp.STAT, string("/LEEME.txt")) for _ in range(8)]
            order = []
            while len(order) < 9:
                answer = rawsftp.Answer(other.receive_packet())
                order.append(answer.id)
                if answer.id == check_id:
                    found = hashes_of(answer)
        assert order[-1] == check_id and set(stats) == set(order[:-1])
        expected = hashlib.sha256(content)
        expected.update(bytes(size - len(content)))
        assert found == [expected.digest()]
    finally:  # never closed: it stays unfinished and takes no space
        limit(agency, f"{{bytes: {QUOTA_BYTES}, files: {QUOTA_FILES}}}")
