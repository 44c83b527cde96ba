"""Clients that do not run here: the sequences of requests that they are known for, one by one
(CLIENTS.md's numbers stand in the names' comments), sent as raw messages."""

import contextlib
import stat
import struct

import pytest

from support import documents, processes
from support import rawsftp as sftp
from support.agency import CLIENT as CLIENT_ACCOUNT
from support.agency import CORRESPONDENT
from support.client_actions import place, sha256, witness  # noqa: F401
from support.rawsftp import attributes, raw, string, u32, u64


@pytest.fixture
def client(agency):
    with raw(agency, CORRESPONDENT) as session:
        yield session


def fetched(agency, place, name):
    return agency.content(CLIENT_ACCOUNT, f"{place.seen_by_client}/{name}")


# ---- WinSCP -----------------------------------------------------------------------------------


def test_winscp_greets_with_version_6_and_gets_3(agency):  # 18
    for version in (4, 5, 6, 0xffffffff):
        with raw(agency, CORRESPONDENT, version=version) as session:
            assert session.version == 3
            assert session.path(sftp.REALPATH, ".").names[0][0] == "/"


def test_winscp_sends_a_filepart_sets_its_time_and_renames_it(agency, client, place):  # 1, 3
    content = documents.pdf(padding=200_000)
    final = f"{place.path}/PED_1.pdf"
    assert client.path(sftp.LSTAT, final).code == sftp.NO_SUCH_FILE
    assert client.path(sftp.LSTAT, f"{final}.filepart").code == sftp.NO_SUCH_FILE
    handle = client.opened(f"{final}.filepart", sftp.FRESH | sftp.FLAG_EXCLUSIVE,
                           attributes(mode=0o644))
    client.write_all(handle, content)
    assert client.close(handle).code == sftp.OK
    assert agency.receipts_of(CORRESPONDENT, place.name) == []
    assert client.rename(f"{final}.filepart", final).code == sftp.OK
    assert client.path(sftp.SETSTAT, final, attributes(mode=0o644, times=1_700_000_000)).code \
        == sftp.OK
    found = client.path(sftp.STAT, final).found
    assert (found["size"], found["times"][1]) == (len(content), 1_700_000_000)
    assert fetched(agency, place, "PED_1.pdf") == content
    assert [name for name, _, _ in client.list(place.path)] == ["PED_1.pdf"]


def test_winscp_overwrites_by_removing_the_old_file_first(agency, client, place):  # 1, 28
    """When the target is there: a .filepart, then REMOVE of the target, then RENAME."""
    final = f"{place.path}/PED_1.pdf"
    assert client.put(final, documents.pdf()).code == sftp.OK
    second = documents.pdf(padding=200_000)
    assert client.put(f"{final}.filepart", second).code == sftp.OK
    assert client.rename(f"{final}.filepart", final).code == sftp.FAILURE
    assert client.path(sftp.REMOVE, final).code == sftp.OK
    assert client.rename(f"{final}.filepart", final).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == second


def test_winscp_resumes_a_filepart_from_a_new_connection(agency, place):  # 1, 25
    content = documents.pdf(padding=600_000)
    part = f"{place.path}/PED_1.pdf.filepart"
    with raw(agency, CORRESPONDENT) as first:
        handle = first.opened(part, sftp.FRESH)
        first.write_all(handle, content[:300_000])
    with raw(agency, CORRESPONDENT) as second:
        size = second.path(sftp.STAT, part).found["size"]
        assert size == 300_000
        handle = second.opened(part, sftp.FLAG_WRITE | sftp.FLAG_CREATE)
        for at in range(size, len(content), 32_768):
            assert second.write(handle, at, content[at:at + 32_768]).code == sftp.OK
        assert second.close(handle).code == sftp.OK
        assert second.rename(part, part.removesuffix(".filepart")).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == content


def test_winscp_hears_of_a_refused_file_at_the_rename(agency, client, place):  # 1
    part = f"{place.path}/PED_1.pdf.filepart"
    assert client.put(part, documents.windows_program()).code == sftp.OK
    answer = client.rename(part, part.removesuffix(".filepart"))
    assert answer.code == sftp.FAILURE
    assert "[TYPE_MISMATCH]" in answer.text or "[EXECUTABLE]" in answer.text
    assert "A26-" in answer.text


def test_exclusive_creation_works_once(client, place):  # 17
    exclusive = sftp.FRESH | sftp.FLAG_EXCLUSIVE
    handle = client.opened(f"{place.path}/PED_1.pdf", exclusive)
    client.write_all(handle, documents.pdf())
    assert client.open(f"{place.path}/PED_1.pdf", exclusive).code == sftp.FAILURE
    assert client.close(handle).code == sftp.OK
    assert client.open(f"{place.path}/PED_1.pdf", exclusive).code == sftp.FAILURE


# ---- FileZilla --------------------------------------------------------------------------------


def test_filezilla_finds_its_home_and_reads_longnames(client, place):  # 9, 10, 11
    answer = client.path(sftp.REALPATH, ".")
    assert answer.type == sftp.NAME and len(answer.names) == 1
    assert answer.names[0][0] == "/" and answer.rest == b""
    client.put(f"{place.path}/PED_1.pdf", documents.pdf())
    for folder in ("/", place.path):
        for name, longname, found in client.list(folder):
            mode, links, owner, group, size, *when, last = longname.split(maxsplit=8)
            assert last == name
            assert mode == stat.filemode(found["mode"])
            assert int(size) == found["size"] and links.isdigit() and owner and group
            assert when[0] in "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def test_filezilla_appends_with_offsets_of_its_own(agency, client, place):  # 15
    content = documents.pdf(padding=60_000)
    path = f"{place.path}/PED_1.pdf"
    handle = client.opened(f"{path}.part", sftp.FRESH)
    client.write_all(handle, content[:20_000])
    client.close(handle)
    handle = client.opened(f"{path}.part",
                           sftp.FLAG_WRITE | sftp.FLAG_CREATE | sftp.FLAG_APPEND)
    for at in range(20_000, len(content), 20_000):  # offsets from 0: of what it appends
        assert client.write(handle, at - 20_000, content[at:at + 20_000]).code == sftp.OK
    assert client.close(handle).code == sftp.OK
    assert client.rename(f"{path}.part", path).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == content


def test_append_alone_means_writing(agency, client, place):  # 15
    content = documents.pdf(padding=1_000)
    path = f"{place.path}/PED_1.pdf"
    handle = client.opened(path, sftp.FLAG_APPEND | sftp.FLAG_CREATE)
    assert client.write(handle, 0, content).code == sftp.OK
    assert client.close(handle).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == content


def test_appending_to_a_filed_document_is_refused_in_words(client, place):  # 15
    path = f"{place.path}/PED_1.pdf"
    client.put(path, documents.pdf())
    answer = client.open(path, sftp.FLAG_WRITE | sftp.FLAG_APPEND)
    assert answer.code == sftp.FAILURE and "[FILED_UNCHANGED]" in answer.text


def test_a_filed_document_opened_in_place_takes_no_hole(agency, client, place):
    """scp's way to overwrite: CREATE without TRUNCATE, from the first byte on."""
    path, first = f"{place.path}/PED_1.pdf", documents.pdf()
    client.put(path, first)
    handle = client.opened(path, sftp.FLAG_WRITE | sftp.FLAG_CREATE)
    answer = client.write(handle, 10, b"in the middle")
    assert answer.code == sftp.FAILURE and "[FILED_UNCHANGED]" in answer.text
    assert client.close(handle).code == sftp.FAILURE
    assert fetched(agency, place, "PED_1.pdf") == first


# ---- Cyberduck, Azure Logic Apps, rclone's pool -----------------------------------------------


def test_cyberduck_stats_removes_and_renames_to_overwrite(agency, client, place):  # 28
    path, second = f"{place.path}/FO_1.pdf", documents.pdf()
    client.put(path, documents.pdf())
    handle = client.opened(f"{path}.tmp", sftp.FRESH)
    client.write_all(handle, second)
    assert client.close(handle).code == sftp.OK
    assert client.path(sftp.STAT, path).found["size"] > 0
    assert client.path(sftp.REMOVE, path).code == sftp.OK
    assert client.path(sftp.STAT, path).code == sftp.NO_SUCH_FILE
    assert client.rename(f"{path}.tmp", path).code == sftp.OK
    assert client.path(sftp.STAT, path).found["size"] == len(second)
    assert fetched(agency, place, "FO_1.pdf") == second


@pytest.mark.parametrize("final", ["PED_1.pdf", "nadie sabe que es.pdf"])
def test_logic_apps_stat_the_new_name_right_after_the_rename(client, place, final):  # 5, 6
    """Whatever became of the file: filed, or held."""
    content = documents.pdf(padding=3_000)
    path = f"{place.path}/{final}"
    assert client.put(f"{path}.partial.lock", content).code == sftp.OK
    assert client.rename(f"{path}.partial.lock", f"{path}.lock").code == sftp.OK
    assert client.rename(f"{path}.lock", path).code == sftp.OK
    for request in (sftp.STAT, sftp.LSTAT):
        assert client.path(request, path).found["size"] == len(content)
    assert client.path(sftp.STAT, f"{path}.lock").code == sftp.NO_SUCH_FILE


def test_a_file_is_statable_between_open_and_close(client, place):  # 7
    path = f"{place.path}/PED_1.pdf"
    handle = client.opened(path, sftp.FRESH)
    assert client.path(sftp.STAT, path).found["size"] == 0
    assert client.ask(sftp.FSTAT, string(handle)).found["size"] == 0
    assert client.write(handle, 0, b"%PDF-1.4 so far").code == sftp.OK
    assert client.path(sftp.STAT, path).found["size"] == 15
    assert client.ask(sftp.FSTAT, string(handle)).found["size"] == 15


def test_ssh2_sets_attributes_before_the_first_write(agency, client, place):  # 4
    path, content = f"{place.path}/PED_1.pdf", documents.pdf()
    handle = client.opened(path, sftp.FRESH, attributes(mode=0o666))
    assert client.ask(sftp.FSETSTAT, string(handle) + attributes(mode=0o666)).code == sftp.OK
    client.write_all(handle, content)
    times = attributes(mode=0o600, times=1_600_000_000)
    assert client.ask(sftp.FSETSTAT, string(handle) + times).code == sftp.OK
    assert client.close(handle).code == sftp.OK
    assert client.path(sftp.STAT, path).found["times"][1] == 1_600_000_000
    assert fetched(agency, place, "PED_1.pdf") == content


def test_a_pool_finishes_on_another_connection(agency, place):  # 8
    path, content = f"{place.path}/PED_1.pdf", documents.pdf()
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(raw(agency, CORRESPONDENT))
                                for _ in range(3))
        assert first.put(f"{path}.partial", content).code == sftp.OK
        assert second.path(sftp.SETSTAT, f"{path}.partial",
                           attributes(times=1_500_000_000)).code == sftp.OK
        assert third.rename(f"{path}.partial", path).code == sftp.OK
        assert first.path(sftp.STAT, path).found == second.path(sftp.STAT, path).found
        assert second.path(sftp.SETSTAT, path, attributes(times=1_500_000_001)).code == sftp.OK
        assert first.path(sftp.STAT, path).found["times"][1] == 1_500_000_001
    assert fetched(agency, place, "PED_1.pdf") == content


# ---- names that are or are not there ----------------------------------------------------------


def test_what_is_not_there_is_said_with_code_2(client, place):  # 14, 29
    for path in (f"{place.path}/nada.pdf", "/.ssh", "/.ssh/authorized_keys", "/nada/nada"):
        for request in (sftp.STAT, sftp.LSTAT, sftp.OPENDIR, sftp.REMOVE):
            assert client.path(request, path).code == sftp.NO_SUCH_FILE, path
        assert client.open(path, sftp.FLAG_READ).code == sftp.NO_SUCH_FILE
    assert client.path(sftp.STAT, "/").type == sftp.ATTRS


def test_mkdir_on_a_folder_is_a_failure_and_it_is_found(client, place):  # 13
    for path in ("/", "/clientes", place.path):
        assert client.path(sftp.MKDIR, path, attributes(mode=0o755)).code == sftp.FAILURE
        assert stat.S_ISDIR(client.path(sftp.LSTAT, path).found["mode"])


def test_a_plain_rename_never_overwrites_and_posix_rename_does(agency, client, place):  # 12
    path, second = f"{place.path}/PED_1.pdf", documents.pdf()
    client.put(path, documents.pdf())
    client.put(f"{path}.tmp", second)
    answer = client.rename(f"{path}.tmp", path)
    assert answer.code == sftp.FAILURE and "[EXISTS]" in answer.text
    assert client.extensions["posix-rename@openssh.com"] == "1"
    assert client.posix_rename(f"{path}.tmp", path).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == second


# ---- handles, sizes, limits -------------------------------------------------------------------


def test_an_upload_opened_to_read_and_write_refuses_the_read(agency, client, place):  # 16
    path, content = f"{place.path}/PED_1.pdf", documents.pdf()
    handle = client.opened(path, sftp.FRESH | sftp.FLAG_READ)
    assert client.write(handle, 0, content).code == sftp.OK
    assert client.read(handle, 0, 100).code == sftp.PERMISSION_DENIED
    assert client.close(handle).code == sftp.OK
    assert fetched(agency, place, "PED_1.pdf") == content


def test_links_are_refused_in_either_order_of_their_arguments(client):  # 19
    for body in (string("/LEEME.txt") + string("/enlace"),
                 string("/enlace") + string("/LEEME.txt")):
        assert client.ask(sftp.SYMLINK, body).code == sftp.UNSUPPORTED
        assert client.extended("hardlink@openssh.com", body).code == sftp.UNSUPPORTED
    assert client.path(sftp.READLINK, "/LEEME.txt").code == sftp.UNSUPPORTED
    assert client.ask(99, b"").code == sftp.UNSUPPORTED
    assert client.extended("nobody@example.org").code == sftp.UNSUPPORTED
    assert client.path(sftp.STAT, "/").type == sftp.ATTRS


def test_the_limits_are_told_and_true(client, place):  # 20, 21
    answer = client.extended("limits@openssh.com")
    packet, read, write, handles = struct.unpack(">QQQQ", answer.data)
    assert (packet, read, write) == (262144, 261120, 261120)
    path, content = f"{place.path}/PED_1.pdf", documents.pdf(padding=600_000)
    handle = client.opened(path, sftp.FRESH)
    for at in range(0, len(content), write):
        assert client.write(handle, at, content[at:at + write]).code == sftp.OK
    assert client.close(handle).code == sftp.OK
    handle = client.opened(path, sftp.FLAG_READ)
    for asked in (1, 32_768, read, read + 1, 0x7fffffff):
        answer = client.read(handle, 0, asked)
        assert 0 < len(answer.data) <= min(asked, read)
        assert answer.data == content[:len(answer.data)]
    assert client.read(handle, len(content), read).code == sftp.EOF
    client.close(handle)
    opened = []
    while (answer := client.open(path, sftp.FLAG_READ)).type == sftp.HANDLE:
        opened.append(answer.handle)
    assert answer.code == sftp.FAILURE and len(opened) == handles
    for handle in opened:
        assert client.close(handle).code == sftp.OK


@pytest.mark.parametrize("length", [1, 180])
def test_a_listing_comes_in_packets_that_old_clients_take(client, place, length):  # 20
    for number in range(400):
        handle = client.opened(f"{place.path}/{'n' * length}{number}.part", sftp.FRESH)
        assert client.close(handle).code == sftp.OK
    opened = client.path(sftp.OPENDIR, place.path).handle
    names = []
    while (page := client.ask(sftp.READDIR, string(opened))).type == sftp.NAME:
        assert page.size <= 64 * 1024
        names += [name for name, _, _ in page.names]
    assert len(names) == len(set(names)) == 400


def test_requests_in_any_order_are_each_answered_once(client, place):
    path, content = f"{place.path}/PED_1.pdf", documents.pdf(padding=900_000)
    handle = client.opened(path, sftp.FRESH)
    pieces = list(range(0, len(content), 30_000))
    asked = [client.send(sftp.WRITE, string(handle) + u64(at) +
                         string(content[at:at + 30_000]))
             for at in pieces[1::2] + pieces[0::2]]  # holes, filled later
    for request in reversed(asked):
        assert client.answer(request).code == sftp.OK
    assert client.close(handle).code == sftp.OK
    handle = client.opened(path, sftp.FLAG_READ)
    asked = {at: client.send(sftp.READ, string(handle) + u64(at) + u32(30_000))
             for at in reversed(pieces)}
    found = b"".join(client.answer(asked[at]).data for at in pieces)
    assert sha256(found) == sha256(content)


# ---- sessions ---------------------------------------------------------------------------------


def test_a_refused_command_leaves_the_session_as_it_is(agency, place):  # 23
    with agency.transport(CORRESPONDENT) as transport:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        session = sftp.Raw(channel)
        for command in ("md5sum", "echo ${ShellId}%ComSpec%", "sh -c 'true'"):
            probe = transport.open_session()
            with pytest.raises(Exception, match="hannel closed|denied|efused"):
                probe.exec_command(command)
            probe.close()
        assert session.put(f"{place.path}/PED_1.pdf", documents.pdf()).code == sftp.OK


def test_a_shell_is_refused(agency):
    with agency.transport(CORRESPONDENT) as transport:
        probe = transport.open_session()
        with pytest.raises(Exception, match="hannel closed|denied|efused"):
            probe.invoke_shell()


def _leave(way, session, transport):
    if way == "channel EOF":
        session.channel.shutdown_write()
    elif way == "channel closed":
        session.channel.close()
    elif way == "disconnect":
        transport.close()
    else:
        transport.sock.close()


@pytest.mark.parametrize("way", ["channel EOF", "channel closed", "disconnect", "line cut"])
def test_only_a_close_completes_an_upload(agency, witness, place, way):  # 25
    content = documents.pdf(padding=100_000)  # all of it was sent, but for the CLOSE
    path = f"{place.path}/PED_1.pdf"
    with agency.transport(CORRESPONDENT) as transport:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        session = sftp.Raw(channel)
        handle = session.opened(path, sftp.FRESH)
        session.write_all(handle, content)
        _leave(way, session, transport)
    with raw(agency, CORRESPONDENT) as second:
        assert second.path(sftp.STAT, path).found["size"] == len(content)
        assert witness.receipts(place) == []
        assert witness.seen_by_client(place) == []
        handle = second.opened(path, sftp.FLAG_WRITE)
        assert second.close(handle).code == sftp.OK
    assert witness.filed(place, "PED_1.pdf") == content


def test_a_close_that_came_before_the_line_dropped_completes_it(agency, witness, place):  # 25
    """sshfs does not wait for the answer."""
    content = documents.pdf(padding=100_000)
    with raw(agency, CORRESPONDENT) as session:
        handle = session.opened(f"{place.path}/PED_1.pdf", sftp.FRESH)
        session.write_all(handle, content)
        session.send(sftp.CLOSE, string(handle))
    processes.wait_until(lambda: witness.receipts(place), 10, "the receipt is there")
    assert witness.filed(place, "PED_1.pdf") == content


def test_what_follows_a_close_without_waiting_meets_its_result(agency, witness, place):
    """sshfs again: CLOSE, and in one breath RENAME, SETSTAT, REMOVE or OPEN."""
    first, second = documents.pdf(padding=2_000_000), documents.pdf(padding=2_000_000)
    path, other = f"{place.path}/PED_1.pdf", f"{place.path}/FO_1.pdf"

    def begun(session, name, content):
        handle = session.opened(name, sftp.FRESH)
        session.write_all(handle, content)
        return handle

    def together(session, handle, request, body):
        """CLOSE and the request, in one packet of the transport."""
        asked = session.last_id + 1
        session.last_id += 2
        packets = (bytes([sftp.CLOSE]) + u32(asked) + string(handle),
                   bytes([request]) + u32(asked + 1) + body)
        session.channel.sendall(b"".join(u32(len(packet)) + packet for packet in packets))
        assert session.answer(asked).code == sftp.OK
        return session.answer(asked + 1)

    with raw(agency, CORRESPONDENT) as session:
        handle = begun(session, f"{path}.tmp", first)
        answer = together(session, handle, sftp.RENAME, string(f"{path}.tmp") + string(path))
        assert answer.code == sftp.OK, answer
        assert witness.filed(place, "PED_1.pdf") == first
        handle = begun(session, path, second)
        answer = together(session, handle, sftp.SETSTAT,
                          string(path) + attributes(times=1_700_000_001))
        assert answer.code == sftp.OK, answer
        assert session.path(sftp.STAT, path).found["times"][1] == 1_700_000_001
        assert witness.filed(place, "PED_1.pdf") == second
        handle = begun(session, other, documents.pdf(padding=2_000_000))
        answer = together(session, handle, sftp.REMOVE, string(other))
        assert answer.code == sftp.OK, answer
        assert session.path(sftp.STAT, other).code == sftp.NO_SUCH_FILE
        handle = begun(session, other, first)
        answer = together(session, handle, sftp.OPEN,
                          string(other) + u32(sftp.FRESH) + attributes())
        assert answer.type == sftp.HANDLE, answer
        session.write_all(answer.handle, second)
        assert session.close(answer.handle).code == sftp.OK


def test_a_ghost_does_not_hold_its_upload(agency, place):
    """The old connection still lives when the client comes again."""
    path, content = f"{place.path}/PED_1.pdf", documents.pdf(padding=200_000)
    with raw(agency, CORRESPONDENT) as ghost, raw(agency, CORRESPONDENT) as second:
        handle = ghost.opened(path, sftp.FRESH)
        ghost.write_all(handle, content[:100_000])
        handle = second.opened(path, sftp.FLAG_WRITE)
        for at in range(100_000, len(content), 32_768):
            assert second.write(handle, at, content[at:at + 32_768]).code == sftp.OK
        assert second.close(handle).code == sftp.OK
        with pytest.raises((EOFError, OSError)):
            ghost.path(sftp.STAT, "/")
    assert fetched(agency, place, "PED_1.pdf") == content


def test_several_sessions_of_one_account_see_one_tree(agency, place):
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(raw(agency, CORRESPONDENT)) for _ in range(6)]
        for number, session in enumerate(sessions):
            assert session.put(f"{place.path}/FO_{number}.pdf", documents.pdf()).code == sftp.OK
        expected = sorted(f"FO_{number}.pdf" for number in range(6))
        for session in sessions:
            assert sorted(name for name, _, _ in session.list(place.path)) == expected
