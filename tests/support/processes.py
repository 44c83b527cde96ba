"""The processes of one garitad, found below it in /proc, so that a test that ends a role can
never hit anything else."""

import os
import pathlib
import time


def _parent(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[1])


def name(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return None


def children(pid):
    everyone = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return sorted(other for other in everyone if _parent(other) == pid)


def tree(pid):
    found = []
    for child in children(pid):
        found.append(child)
        found.extend(tree(child))
    return found


def wait_until(condition, seconds, what):
    """Polls; a test fails, and says for what it waited, when the time is over."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
