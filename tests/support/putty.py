"""What PuTTY's programs have in common: their own form of keys, and saved sessions for what
their command lines cannot say."""

import subprocess

from support.programs import Program


class Putty(Program):
    def __init__(self, agency):
        super().__init__(agency)
        self.ppk = self.work / "key.ppk"
        subprocess.run(["puttygen", str(self.key), "-O", "private", "-o", str(self.ppk)],
                       check=True, stdin=subprocess.DEVNULL)
        sessions = self.work / ".putty" / "sessions"
        sessions.mkdir(parents=True)
        (sessions / "rekey").write_text("RekeyBytes=1M\nProtocol=ssh\nLineCodePage=UTF-8\n")

    def putty(self, name, *arguments, port=None, password=None, rekey=False):
        """-load gives settings; names come in UTF-8 all the same (LC_ALL)."""
        self.log.unlink(missing_ok=True)
        ours = ["-batch", "-noagent", "-P", port or self.agency.port, "-hostkey",
                self.agency.fingerprint]
        ours += ["-pw", password] if password else ["-i", self.ppk]
        if rekey:
            ours = ["-load", "rekey", *ours, "-sshlog", self.log]
        return self.run([name, *ours, *arguments])

    def rekeys(self):
        return self.log.read_bytes().count(b"SSH2_MSG_NEWKEYS") // 2 - 1


def quoted(text):
    return '"' + str(text).replace('"', '""') + '"'
