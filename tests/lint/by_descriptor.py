#!/usr/bin/env python3
"""Metadata of files are set on open descriptors: a step can swap what a name leads to between two calls.

usage: by_descriptor.py [SOURCE_DIRECTORY]

Prints "ok - RULE" or "not ok - RULE" with the faults beneath it, and ends with 1 when there is one. First it checks
itself with calls planted in text.
"""

import re
import sys

from sources import report, sources, top_of

# System calls that look a name up to change what it leads to; set_owner(), set_mode(), set_times() and set_xattr() of
# util/file_metadata.h take their place. fchown(2) is by descriptor, but says EINVAL where set_owner() names subuid(5).
FORBIDDEN = """
    chmod lchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes lutimes futimesat utimensat
    setxattr lsetxattr setxattrat removexattr lremovexattr removexattrat truncate
""".split()

# Where one of them may be called, and why.
ALLOWED = {
    ("src/util/file_metadata.cpp", "fchownat"): "with AT_EMPTY_PATH: the descriptor itself",
    ("src/util/file_metadata.cpp", "utimensat"): "with AT_EMPTY_PATH: the descriptor itself",
    ("src/util/file_metadata.cpp", "chmod"): "on /proc/self/fd/N: what the O_PATH descriptor is of",
    ("src/util/file_metadata.cpp", "setxattr"): "on /proc/self/fd/N: what the O_PATH descriptor is of",
    ("src/util/file_metadata.cpp", "removexattr"): "on /proc/self/fd/N, as above",
    ("src/sandbox/emulated_calls/ownership.cpp", "fchownat"): "with AT_EMPTY_PATH: it is the call of a step",
    ("src/sandbox/step_owners.cpp", "setxattr"): "on self/fd/N: what the O_PATH descriptor is of",
    ("src/sandbox/step_owners.cpp", "removexattr"): "on self/fd/N, as above",
    ("src/sandbox/mounts.cpp", "fchown"): "after clone(2), where nothing is thrown: the parent asks require_owner()",
    ("src/sandbox/terminal.cpp", "fchown"): "after clone(2), as above; the terminal may belong to nobody else",
}

NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
NAMES = "|".join(FORBIDDEN)
# "::chmod", "SYS_chmod" and "chmod(", not "object.chmod(" or "Class::chmod".
CALL = re.compile(rf"(?<![\w>])::\s*({NAMES})\b|\b(?:SYS|__NR)_({NAMES})\b|(?<![\w.>:])({NAMES})\s*\(")


def calls_in(text):
    """The forbidden calls of a source text."""
    return [next(filter(None, match.groups())) for match in CALL.finditer(NOT_CODE.sub(" ", text))]


def check_itself():
    for planted in (
        "::fchmodat(fd, name, 0600, 0);",
        "if (chown(path, 0, 0) != 0) {}",
        "::lsetxattr (path, key, value, 1, 0);",
        "::syscall(SYS_fchmodat2, fd, name, mode, 0);",
        "const auto call = &::utimensat;",
    ):
        if len(calls_in(planted)) != 1:
            sys.exit(f"not ok - finds `{planted}`")
    for harmless in ("::fchmod(fd, 0600);", "// ::chmod(path)", 'refuse("chmod(1)");', "mode.chmod(x);", "Mode::chmod(x);"):
        if calls_in(harmless):
            sys.exit(f"not ok - takes no offence at `{harmless}`")
    print("ok - finds what is planted")


def main():
    check_itself()
    found = {(path, call) for path, text in sources(top_of(sys.argv[1:])) for call in calls_in(text)}
    faults = [f"{path}: {call}" for path, call in sorted(found - ALLOWED.keys())]
    unused = [f"{path}: {call}" for path, call in sorted(ALLOWED.keys() - found)]
    good = report("metadata are set on descriptors (util/file_metadata.h)", faults)
    good = report("no permission is left over", unused) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
