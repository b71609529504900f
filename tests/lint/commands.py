#!/usr/bin/env python3
"""Everything that the scripts and tests execute is installed by scripts/setup-debian.sh, or in every Debian.

usage: commands.py [SOURCE_DIRECTORY]

Prints a line "ok - RULE" or "not ok - RULE" for each rule, with the faults beneath it, and ends with 1 when there is one.
What a script executes is found by executed.py, which says what it does not see.
"""

import functools
import os
import re
import subprocess
import sys

from executed import PythonFile, Script, need_shfmt, programs_of_cpp, programs_of_meson
from packages import MINBASE, OPTIONAL, PACKAGE_OF, WITH
from sources import files_below, read, report, top_of

# What runs in the machine of tests/vm has the packages that run.sh puts there.
GUEST = "guest"
GUEST_SCRIPTS = r"tests/vm/(checks/.*|lib|run_checks)\.sh"

# Who runs before what is installed: (pattern of files, how their packages are asked for); the first that fits.
STAGES = [
    (r"scripts/(setup-debian|progress)\.sh", None),
    (r"scripts/(demo|base-images)\.sh", ["--demo"]),
    (GUEST_SCRIPTS, GUEST),
    (r".*", ["--tests"]),
]
# What these scripts source.
LIBRARIES = {"scripts/": ["scripts/progress.sh"], "tests/cli/": ["tests/cli/lib.sh"], "tests/vm/checks/": ["tests/vm/lib.sh"]}


def files(top):
    """All that may execute something: paths beneath the top."""
    found = files_below(top, [".ci", "scripts", "tests"], "")
    return [path for path in found if re.search(r"\.(sh|py|cpp)$|/meson\.build$|^\.ci/", path)]


@functools.cache
def script(top, path):
    names = next((names for folder, names in LIBRARIES.items() if path.startswith(folder)), [])
    return Script(path, read(top, path), [script(top, name) for name in names if name != path])


def executed_by(top, path):
    text = read(top, path)
    if path.endswith(".py"):
        return PythonFile(path, text).programs()
    if path.endswith(".cpp"):
        return programs_of_cpp(text)
    if path.endswith("meson.build"):
        return programs_of_meson(text)
    return script(top, path).programs()


def packages(top, flags):
    """What setup-debian.sh installs with these flags; None: before it has run."""
    if flags is None:
        return set()
    if flags == GUEST:
        lists = re.findall(r"^packages\+?=,?(.*)$", read(top, "tests/vm/run.sh"), re.MULTILINE)
        return {package for line in lists for package in line.split(",")}
    setup = os.path.join(top, "scripts/setup-debian.sh")
    return set(subprocess.run([setup, "--list", *flags], stdout=subprocess.PIPE, text=True, check=True).stdout.split())


def fault_of(program, text, ours, installed):
    """What is wrong with executing a program; None: nothing."""
    if program in ours:
        return None
    if program in OPTIONAL:
        asks = re.search(rf"command -v {re.escape(program)}\b", text)
        return None if asks else f"{program} is not asked for by 'command -v' first"
    if program not in PACKAGE_OF:
        return f"{program}: no known package; add it to tests/lint/packages.py and scripts/setup-debian.sh"
    for package in [PACKAGE_OF[program], *WITH.get(program, [])]:
        if package not in installed and package not in MINBASE:
            return f"{program}: {package} is not in the list of scripts/setup-debian.sh"
    return None


def main():
    need_shfmt()
    top = top_of(sys.argv[1:])
    paths = files(top)
    ours = {os.path.basename(path) for path in paths} | {"cbuild"}
    rule_of_programs = "what is executed is in the list of setup-debian.sh"
    rule_of_modules = "Python programs import the standard library and one another"
    rules = {rule_of_programs: [], rule_of_modules: []}
    lists = [(pattern, packages(top, flags)) for pattern, flags in STAGES]
    for path in paths:
        installed = next(installed for pattern, installed in lists if re.fullmatch(pattern, path))
        text = read(top, path)
        found = [fault_of(program, text, ours, installed) for program in sorted(executed_by(top, path))]
        rules[rule_of_programs] += [f"{path}: {fault}" for fault in found if fault]
        if path.endswith(".py"):
            modules = PythonFile(path, text).modules() - set(sys.stdlib_module_names)
            rules[rule_of_modules] += [f"{path}: {module}" for module in sorted(modules) if module + ".py" not in ours]

    sys.exit(0 if all([report(rule, faults) for rule, faults in rules.items()]) else 1)


if __name__ == "__main__":
    main()
