"""The size gate: files, functions and main()s of the C sources given; the median function.

It reads what clang-format guarantees (a function's braces stand alone in the first column), so
it needs no parser. Nesting, parameters and cognitive complexity are clang-tidy's (tests/gate).
A function's lines count from its first line to its closing brace.
"""

import pathlib
import re
import statistics
import sys

FILE_LINES, FUNCTION_LINES, MAIN_LINES, MEDIAN_LINES = 1000, 100, 60, 15
_NAME = re.compile(r"(\w+)\(")


def functions(lines):
    """(name, first line, number of lines) of each function definition."""
    for index, line in enumerate(lines):
        if line != "{":
            continue
        first = index
        while first > 0 and lines[first - 1] and lines[first - 1][0] not in "}#/*;":
            first -= 1
            if lines[first][0] != " ":
                if _NAME.search(lines[first]):
                    break
        last = lines.index("}", index)
        head = " ".join(lines[first:index])
        names = _NAME.findall(re.sub(r"__attribute__\(\(.*?\)\)", "", head))
        if names and "=" not in head:
            yield names[0], first + 1, last - first + 1


def check(path, lengths):
    lines = pathlib.Path(path).read_text().splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, at most {FILE_LINES}"
    if path.endswith(".h"):
        return
    for name, first, length in functions(lines):
        of_a_test = "tests/" in path
        if not of_a_test:
            lengths.append(length)
        most = MAIN_LINES if name == "main" and not of_a_test else FUNCTION_LINES
        if length > most:
            yield f"{path}:{first}: {name}() has {length} lines, at most {most}"


def main(paths):
    lengths = []
    failures = [failure for path in paths for failure in check(path, lengths)]
    if lengths:
        median = statistics.median(lengths)
        print(f"{len(lengths)} functions, median {median:g} lines, longest {max(lengths)}")
        if median > MEDIAN_LINES:
            failures.append(f"the median function has {median:g} lines, at most {MEDIAN_LINES}")
    print("\n".join(failures), end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
