"""The include gate: base <- wire <- policy <- role, and never from one role's folder to
another's."""

import pathlib
import re
import sys

# folder -> the folders that it may include. A folder that is not named is a role's: it may
# include the shared ones and itself.
SHARED = {
    "gateway": {"gateway"},
    "gateway/base": {"gateway/base"},
    "hooks/finding": {"hooks/finding", "gateway/base"},
    "gateway/text": {"gateway/text", "gateway/base", "hooks/finding"},
    "gateway/wire": {"gateway", "gateway/wire", "gateway/base", "gateway/text",
                     "hooks/finding"},
    "policy": {"policy", "gateway/base", "gateway/text", "hooks/finding"},
    "hooks/filing": {"hooks/filing", "policy", "gateway/base", "gateway/text", "hooks/finding"},
    "gateway/role": {"gateway", "gateway/role", "gateway/wire", "gateway/base", "policy"},
}
_INCLUDE = re.compile(r'^\s*#\s*include "([^"]+)"', re.M)


def target(source, name):
    """The folder of an included file, as the compiler finds it."""
    for base in (source.parent, pathlib.Path("gateway"), pathlib.Path(".")):
        if (base / name).is_file():
            return (base / name).resolve().relative_to(pathlib.Path.cwd()).parent.as_posix()
    return None


def check(path):
    source = pathlib.Path(path)
    folder = source.parent.as_posix()
    allowed = SHARED.get(folder, set(SHARED) | {folder})
    for name in _INCLUDE.findall(source.read_text()):
        found = target(source, name)
        if found is None:
            yield f'{path}: includes "{name}", which is not there'
        elif found not in allowed:
            yield f'{path}: may not include "{name}" (of {found})'


def main(paths):
    failures = [failure for path in paths for failure in check(path)]
    print("\n".join(failures), end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
