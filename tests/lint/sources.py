"""The C++ sources of the tree, as the lints read them: their text, their module, what they include and define."""

import json
import os
import re
import subprocess
import sys

FOLDERS = ("include", "src", "frontend")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def top_of(arguments):
    """The source directory: the first argument, else the tree that this file is in."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.abspath(arguments[0] if arguments else os.path.join(here, "..", ".."))


def files_below(top, folders, endings):
    """Paths relative to `top`, sorted."""
    for folder in folders:
        for directory, _, names in sorted(os.walk(os.path.join(top, folder))):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(directory, name), top)


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return file.read()


def sources(top):
    """Path and text of every header and source file of the program."""
    found = [(path, read(top, path)) for path in files_below(top, FOLDERS, (".h", ".cpp"))]
    if not found:
        sys.exit(f"no sources in {top}")
    return found


def without_comments(text):
    return COMMENT.sub("", text)


def module_of(path):
    """The module of a file of ours, or of an include of ours; None for others."""
    match = re.match(r"(?:include/)?cbuild/(\w+)/|src/(\w+)/|(frontend)/", path)
    return next((name for name in match.groups() if name), None) if match else None


def definitions(top, paths):
    """What ctags finds defined: dictionaries with path, name, kind, line, end, scopeKind."""
    if not paths:
        return []
    command = ["ctags", "--languages=C++", "--map-C++=+.h", "--kinds-C++=fcsgu", "--fields=+neKs", "--output-format=json"]
    listed = subprocess.run(
        [*command, "-f", "-", "-L", "-"], cwd=top, input="\n".join(paths), stdout=subprocess.PIPE, text=True, check=True
    )
    found = [json.loads(line) for line in listed.stdout.splitlines()]
    return [tag for tag in found if tag.get("end")]


def report(rule, faults):
    """Prints the line of a rule and the faults beneath it; whether there are none."""
    print(("not ok - " if faults else "ok - ") + rule)
    for fault in faults:
        print("#   " + fault)
    return not faults
