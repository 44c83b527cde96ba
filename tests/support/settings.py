"""Changes to an agency's garita.yaml, before it starts or before it reads its policy again."""

import re


def _write(agency, change):
    path = agency.policy / "garita.yaml"
    path.write_text(change(path.read_text()))


def listen(agency, port, address="127.0.0.1", **more):
    """One more listener."""
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    line = f'  - {{protocol: sftp, address: "{address}", port: {port}{extra}}}\n'
    _write(agency, lambda text: text.replace("listen:\n", "listen:\n" + line))


def listen_no_more(agency, port):
    _write(agency, lambda text: re.sub(rf"^  - .*port: {port}\b.*\n", "", text, flags=re.M))


def limit(agency, **limits):
    for key, value in limits.items():
        _write(agency, lambda text: re.sub(rf"^  {key}: .*\n", "", text, flags=re.M).replace(
            "limits:\n", f"limits:\n  {key}: {value}\n"))


def language(agency, word):
    _write(agency, lambda text: text.replace("agency:\n", f"agency:\n  language: {word}\n"))
