"""The clients' table: which client did which action, and how it went. A plugin of pytest; the
script tests/system/clients_table runs every client's file with it and prints the whole.

A test belongs to the table when it carries @action; its file says CLIENT, the row's name, and
CANNOT, the actions that the client does not know, with the reason."""

import json
import os

ACTIONS = (
    "login by key", "login by password", "list", "upload small", "upload 0 bytes",
    "upload > 100 KiB", "upload ñ, &, spaces", "upload 200 characters", "upload NFD",
    "download", "overwrite", "rename", "make folder", "delete", "stat after put", "set times",
    "resume", "dropped line", "refusal noticed", "rekey")


def action(name):
    """Marks a test as this column of the table."""
    assert name in ACTIONS, name

    def mark(test):
        test.table_action = name
        return test

    return mark


class _Recorder:
    def __init__(self):
        self.cells = {}
        self.seconds = {}
        self.cannot = {}

    def pytest_collection_modifyitems(self, items):
        for item in items:
            client = getattr(item.module, "CLIENT", None)
            if client:
                self.cannot[client] = getattr(item.module, "CANNOT", {})
                self.cells.setdefault(client, {})
            name = getattr(getattr(item, "function", None), "table_action", None)
            if client and name:
                item.user_properties += [("client", client), ("action", name)]

    def pytest_runtest_logreport(self, report):
        said = dict(report.user_properties)
        if "action" not in said:
            return
        cells = self.cells.setdefault(said["client"], {})
        if report.failed:
            cells[said["action"]] = "FAILED"
        elif report.skipped:
            cells[said["action"]] = "skipped"
        elif report.when == "call":
            cells.setdefault(said["action"], "ok")

    def pytest_sessionfinish(self):
        with open(os.environ["GARITA_CLIENTS_TABLE"], "w", encoding="utf-8") as file:
            json.dump({"cells": self.cells, "cannot": self.cannot}, file)


def pytest_configure(config):
    if "GARITA_CLIENTS_TABLE" in os.environ:
        config.pluginmanager.register(_Recorder())


def render(cells, cannot):
    """Actions down, clients across; what a client cannot do is said below."""
    clients = list(cells)
    notes, lines = [], []
    width = max(len(name) for name in ACTIONS)
    head = [name.replace("ssh2-sftp-client", "ssh2-sftp").replace("Net::SFTP::Foreign",
                                                                   "Net::SFTP::F.")
            for name in clients]
    lines.append(" " * width + "  " + "  ".join(head))
    for name in ACTIONS:
        row = []
        for client, title in zip(clients, head):
            cell = cells[client].get(name)
            if cell is None and name in cannot[client]:
                note = f"{client}: {cannot[client][name]}"
                if note not in notes:
                    notes.append(note)
                cell = f"– {notes.index(note) + 1}"
            row.append((cell or "not run").ljust(len(title)))
        lines.append(f"{name.ljust(width)}  {'  '.join(row)}".rstrip())
    lines += [f"  – {number} {note}" for number, note in enumerate(notes, start=1)]
    return "\n".join(lines)
