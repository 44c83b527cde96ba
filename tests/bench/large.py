"""A folder with very many entries, made without a client: rows go straight into the catalogue of a
Garita that does not run. Their objects do not exist, so these files can be listed and looked at, not
read; and they are in no ledger. For measuring alone."""

import contextlib
import pathlib
import re
import sqlite3


def name_of(number):
    return f"OD_{number:09}.pdf"


def fill(catalogue, count):
    """Copies one filed document count times into its own folder, under other names."""
    with contextlib.closing(sqlite3.connect(catalogue, isolation_level=None)) as database:
        database.create_function("name_of", 1, name_of, deterministic=True)
        run = database.execute
        run("PRAGMA synchronous=OFF")
        run("PRAGMA cache_size=-400000")
        run("BEGIN")
        document, receipt = run(
            "SELECT d.id, v.receipt FROM document d JOIN version v ON v.document = d.id"
            " WHERE d.hidden = 0 LIMIT 1").fetchone()
        last_document = run("SELECT max(id) FROM document").fetchone()[0]
        last_receipt = run("SELECT max(id) FROM receipt").fetchone()[0]
        run("CREATE TEMP TABLE many AS WITH RECURSIVE n(n) AS"
            " (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)"
            " SELECT n, name_of(n) AS name, lower(hex(randomblob(16))) AS object FROM n", (count,))
        run("INSERT INTO receipt SELECT ? + n, printf('B26-%07d', n), account, address, folder,"
            " many.name, rfc, year, aduana, patente, pedimento, type, media_type, randomblob(32),"
            " size, modified, received, result, findings, reason, earlier, many.object, ledger,"
            " bucket, 0 FROM receipt, many WHERE id = ? ORDER BY n", (last_receipt, receipt))
        run("INSERT INTO document SELECT ? + n, operation, rfc, many.name, type, 1, randomblob(32),"
            " received, bucket, 0 FROM document, many WHERE id = ? ORDER BY n",
            (last_document, document))
        run("INSERT INTO version SELECT ? + n, 1, many.object, account, media_type, size, modified,"
            " ? + n FROM version, many WHERE document = ? AND number = 1 ORDER BY n",
            (last_document, last_receipt, document))
        run("COMMIT")


def resident(pid):
    """KiB that a process has in memory."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+)", text, re.M).group(1))
