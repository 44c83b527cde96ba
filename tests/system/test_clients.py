"""The clients that people use, and their habits."""

import os
import subprocess

import pytest

from support import documents, processes
from support.agency import CLIENT, CORRESPONDENT


def test_lftp_puts_lists_gets_and_mirrors(agency, operation):
    content = documents.pdf(padding=200_000)
    local = agency.file(content, "PED_1.pdf")
    fetched = agency.folder()
    agency.lftp(CORRESPONDENT, f"put -O {operation.path} {local}",
                f"cls -1 {operation.path}", f"get -O {fetched} {operation.path}/PED_1.pdf")
    assert (fetched / "PED_1.pdf").read_bytes() == content
    mirrored = agency.folder()
    agency.lftp(CLIENT, f"mirror /expedientes/2026/{operation.name} {mirrored}")
    assert (mirrored / "PED_1.pdf").read_bytes() == content


def test_lftp_mirrors_a_folder_into_an_operation(agency, operation):
    source = agency.folder()
    contents = {f"PED_{number}.pdf": documents.pdf() for number in range(1, 6)}
    for name, content in contents.items():
        (source / name).write_bytes(content)
    agency.lftp(CORRESPONDENT, f"mirror -R --parallel=3 {source} {operation.path}")
    for name, content in contents.items():
        assert agency.content(CORRESPONDENT, f"{operation.path}/{name}") == content


def test_paramiko_puts_and_confirms_the_size(agency, operation):
    content = documents.pdf(padding=100_000)
    with agency.paramiko(CORRESPONDENT) as session:
        attributes = session.put(str(agency.file(content)), f"{operation.path}/PED_1.pdf",
                                 confirm=True)
        assert attributes.st_size == len(content)


def test_the_size_sent_is_confirmed_even_when_the_file_is_held(agency, operation):
    content = documents.pdf()
    with agency.paramiko(CORRESPONDENT) as session:
        attributes = session.put(str(agency.file(content)), f"{operation.path}/raro.pdf",
                                 confirm=True)
        assert attributes.st_size == len(content)


def test_a_filepart_is_filed_when_it_is_renamed_to_its_final_name(agency, operation):
    """WinSCP's way for files above 100 KiB."""
    content = documents.pdf(padding=150_000)
    temporary, final = f"{operation.path}/PED_1.pdf.filepart", f"{operation.path}/PED_1.pdf"
    with agency.paramiko(CORRESPONDENT) as session:
        with session.open(temporary, "w") as file:
            file.write(content)
        assert agency.names(CLIENT, "/expedientes/2026").count(operation.name) == 0 or \
            agency.names(CLIENT, operation.seen_by_client) == []
        session.rename(temporary, final)
        session.utime(final, (1_700_000_000, 1_700_000_000))
        assert session.stat(final).st_size == len(content)
        assert session.listdir(operation.path) == ["PED_1.pdf"]
    assert agency.content(CLIENT, f"{operation.seen_by_client}/PED_1.pdf") == content


def test_a_filepart_with_a_program_inside_is_refused_at_its_rename(agency, operation):
    with agency.paramiko(CORRESPONDENT) as session:
        with session.open(f"{operation.path}/FC_1.pdf.filepart", "w") as file:
            file.write(documents.windows_program())
        with pytest.raises(IOError):
            session.rename(f"{operation.path}/FC_1.pdf.filepart",
                           f"{operation.path}/FC_1.pdf")
    assert "FC_1.pdf" not in agency.names(CORRESPONDENT, operation.path)


def test_an_upload_of_many_windows_arrives_whole(agency, operation):
    content = documents.pdf(padding=12_000_000)
    agency.sftp(CORRESPONDENT, f"put {agency.file(content)} {operation.path}/PED_1.pdf")
    fetched = agency.folder() / "fetched"
    agency.sftp(CLIENT, f"get {operation.seen_by_client}/PED_1.pdf {fetched}")
    assert fetched.read_bytes() == content


def test_a_transfer_survives_rekeys(agency, operation):
    content = documents.pdf(padding=8_000_000)
    command = ["sftp", "-q", "-o", "RekeyLimit=1M", *agency.ssh_options(CORRESPONDENT), "-P",
               str(agency.port), "-b", "-", f"{CORRESPONDENT}@127.0.0.1"]
    fetched = agency.folder() / "fetched"
    agency.run_client(command, given=(
        f"put {agency.file(content)} {operation.path}/PED_1.pdf\n"
        f"get {operation.path}/PED_1.pdf {fetched}\n"))
    assert fetched.read_bytes() == content


def _drop_the_line(agency, local, remote, enough):
    """Uploads with sftp and kills it once `enough` bytes have arrived."""
    command = ["sftp", "-q", "-l", "8000", *agency.ssh_options(CORRESPONDENT), "-P",
               str(agency.port), "-b", "-", f"{CORRESPONDENT}@127.0.0.1"]
    sender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, text=True)
    sender.stdin.write(f"put {local} {remote}\n")
    sender.stdin.close()
    with agency.paramiko(CORRESPONDENT) as session:
        def arrived():
            try:
                return session.stat(remote).st_size >= enough
            except FileNotFoundError:
                return False
        processes.wait_until(arrived, 20, "part of the upload has arrived")
        for pid in processes.tree(sender.pid):
            os.kill(pid, 9)
        sender.kill()
        sender.wait()


def test_an_upload_goes_on_after_a_dropped_line(agency, operation):
    content = documents.pdf(padding=4_000_000)
    local, remote = agency.file(content), f"{operation.path}/PED_1.pdf"
    _drop_the_line(agency, local, remote, 500_000)
    assert agency.receipts_of(CORRESPONDENT, operation.name) == []
    agency.sftp(CORRESPONDENT, f"reput {local} {remote}")
    assert agency.content(CORRESPONDENT, remote) == content
    assert len(agency.receipts_of(CORRESPONDENT, operation.name)) == 1


def test_a_dropped_line_files_nothing(agency, operation):
    content = documents.pdf(padding=4_000_000)
    _drop_the_line(agency, agency.file(content), f"{operation.path}/PED_1.pdf", 500_000)
    assert agency.receipts_of(CORRESPONDENT, operation.name) == []
    assert agency.names(CLIENT, "/expedientes/2026").count(operation.name) == 0 or \
        agency.names(CLIENT, operation.seen_by_client) == []


def test_a_rename_onto_a_name_that_exists_is_refused_in_plain_sftp(agency, operation):
    with agency.paramiko(CORRESPONDENT) as session:
        for name in ("PED_1.pdf", "PED_2.pdf"):
            with session.open(f"{operation.path}/{name}", "w") as file:
                file.write(documents.pdf())
        with pytest.raises(IOError):
            session.rename(f"{operation.path}/PED_1.pdf", f"{operation.path}/PED_2.pdf")
        assert sorted(session.listdir(operation.path)) == ["PED_1.pdf", "PED_2.pdf"]


def test_many_files_in_flight_at_once_are_all_answered(agency, operation):
    contents = {f"PED_{number}.pdf": documents.pdf() for number in range(20)}
    with agency.paramiko(CORRESPONDENT) as session:
        files = {name: session.open(f"{operation.path}/{name}", "w") for name in contents}
        for name, file in files.items():
            file.set_pipelined(True)
            file.write(contents[name])
        for file in files.values():
            file.close()
        assert sorted(session.listdir(operation.path)) == sorted(contents)
    for name, content in contents.items():
        assert agency.content(CORRESPONDENT, f"{operation.path}/{name}") == content
