#!/usr/bin/env python3
"""docs/where.md is true: each function that it names is defined in the file that it names.

usage: where.py [SOURCE_DIRECTORY]

Prints "ok - RULE" or "not ok - RULE" with the faults beneath it, and ends with 1 when there is one. First it checks
itself with a made tree.
"""

import os
import re
import sys
import tempfile

from sources import definitions, read, report, top_of

PAGE = "docs/where.md"
# "| question | `path` | `function` or `Class::function` |"
ROW = re.compile(r"^\| ([^|]+) \| `([^`|]+)` \| `([^`|]+)` \|$")
ENOUGH = 20


def rows(page):
    """(question, path, function) of every row of the tables; a row of another form is a fault."""
    found, faults = [], []
    for line in page.splitlines():
        if not line.startswith("|") or line.startswith(("|---", "| Where ")):
            continue
        match = ROW.match(line)
        if match:
            found.append(match.groups())
        else:
            faults.append(f"no question, `file` and `function`: {line}")
    return found, faults


def is_defined(tags, path, function):
    """Whether a function of that name, of that class when one is named, has its body in the file."""
    scope, _, name = function.rpartition("::")
    for tag in tags:
        if tag["path"] == path and tag["kind"] == "function" and tag["name"] == name:
            if not scope or ("::" + tag.get("scope", "")).endswith("::" + scope):
                return True
    return False


def faults_of(top):
    found, faults = rows(read(top, PAGE))
    there = {path for _, path, _ in found if os.path.exists(os.path.join(top, path))}
    tags = definitions(top, sorted(there))
    for question, path, function in found:
        if path not in there:
            faults.append(f"{question} {path}: no such file")
        elif not is_defined(tags, path, function):
            faults.append(f"{question} {path} does not define {function}()")
    if len(found) < ENOUGH:
        faults.append(f"only {len(found)} questions, want {ENOUGH}")
    return faults


def faults_of_made(row):
    """Those of a page that has one row among good ones."""
    with tempfile.TemporaryDirectory() as top:
        source = 'namespace a {\nvoid declared();\nint Class::method() {\n  return "named"[0];\n}\nvoid free() { called(); }\n}\n'
        for path, text in ((PAGE, "| is it | `src/x.cpp` | `free` |\n" * ENOUGH + row + "\n"), ("src/x.cpp", source)):
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
        return faults_of(top)


def check_itself():
    faults = []
    for function in ("free", "method", "Class::method", "a::Class::method"):
        if faults_of_made(f"| is it | `src/x.cpp` | `{function}` |"):
            faults.append(f"does not find {function}")
    for function in ("declared", "called", "named", "Other::method", "Class::free", "missing"):
        if not faults_of_made(f"| is it | `src/x.cpp` | `{function}` |"):
            faults.append(f"finds {function}, which is not defined there")
    for row in ("| is it | `src/y.cpp` | `free` |", "| is it | src/x.cpp | `free` |", "| is it | `src/x.cpp` |"):
        if not faults_of_made(row):
            faults.append(f"takes {row}")
    return report("what is not true is found", faults)


def main():
    good = check_itself()
    good = report(f"{PAGE} names functions that are there", faults_of(top_of(sys.argv[1:]))) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
