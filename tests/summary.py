#!/usr/bin/env python3
"""Adds up what test programs say in meson's testlog.json files.

usage: summary.py TESTLOG.json…

Counts doctest's cases and the lines "ok - …", "not ok - …" and "ok - … # SKIP …" of scripts; a test that says neither
counts as one. A test that meson calls failed counts at least one failure. Lists what failed, and ends with the line
"N passed, N failed, N skipped" and 1 when something failed.
"""

import json
import os
import re
import sys

# What doctest calls skipped are cases that a filter has left to another program.
DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")
TAP = re.compile(r"^(not )?ok - (.*)$", re.MULTILINE)


def count(entry):
    """passed, failed, skipped, names of what failed."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", entry.get("stdout", ""))
    result = entry.get("result", "FAIL")
    passed = failed = skipped = 0
    names = []
    for match in DOCTEST.finditer(text):
        passed += int(match.group(2))
        failed += int(match.group(3))
    for negated, name in TAP.findall(text):
        if negated:
            failed += 1
            names.append(name)
        elif "# SKIP" in name:
            skipped += 1
        else:
            passed += 1
    if result == "SKIP" and not skipped:
        skipped = 1
    elif result in ("OK", "EXPECTEDFAIL") and not (passed or failed or skipped):
        passed = 1
    elif result not in ("OK", "EXPECTEDFAIL", "SKIP") and not failed:
        failed = 1
        names.append(result.lower())
    return passed, failed, skipped, names


def main():
    total = [0, 0, 0]
    for path in sys.argv[1:]:
        if not os.path.exists(path):
            print(f"FAILED {path}: the tests did not run")
            total[1] += 1
            continue
        with open(path, encoding="utf-8") as log:
            for line in log:
                entry = json.loads(line)
                passed, failed, skipped, names = count(entry)
                total = [total[0] + passed, total[1] + failed, total[2] + skipped]
                if failed:
                    print(f"FAILED {entry['name']}: {'; '.join(names) or f'{failed} cases'}")
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] or not total[0] else 0)


if __name__ == "__main__":
    main()
