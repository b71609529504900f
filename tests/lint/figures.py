#!/usr/bin/env python3
"""Counts the shape of the C++ sources: sizes, includes, circles, types, tests, comments.

usage: figures.py [--check] [SOURCE_DIRECTORY]

Prints a table. With --check it prints "ok - RULE" or "not ok - RULE" for each limit, with the worst places beneath a
fault, and ends with 1 when there is one; first it checks itself with a tree that breaks every limit.

Definitions:
  function  a function or lambda with a body, from its first line to its closing brace
  headers   headers of ours that a .cpp includes, directly or through others
  depth     includes in the longest chain from a .cpp to the header that includes nothing of ours
  room      x.cpp with its x.h, wherever in its module that stands
  circle    rooms that include each other, directly or through others, though no file includes itself
  types     classes, structs, enums and unions that are defined in a header and not within another type
  code      lines that are neither empty nor comment alone
"""

import collections
import math
import os
import re
import sys
import tempfile

from sources import INCLUDE, definitions, files_below, module_of, read, report, sources, top_of, without_comments

# What each figure must be. `today` is set where the goal is not reached yet: it holds in the place of the goal, and is
# moved towards it whenever the tree gets better, never away from it.
Limit = collections.namedtuple("Limit", "figure wants goal today")
LIMITS = [
    Limit("file lines, median", "<=", 120, None),
    Limit("file lines, p95", "<=", 400, None),
    Limit("file lines, max", "<=", 600, None),
    Limit("function lines, median", "<=", 8, None),
    Limit("function lines, p95", "<=", 45, None),
    Limit("function lines, max", "<=", 70, None),
    Limit("headers a source pulls in, median", "<=", 10, None),
    Limit("headers a source pulls in, p95", "<=", 25, None),
    Limit("include depth", "<=", 7, None),
    Limit("cycles of files", "<=", 0, None),
    Limit("rooms in circles", "<=", 0, None),
    Limit("mutual modules", "<=", 0, None),
    Limit("headers with at most 2 types, %", ">=", 90, None),
    Limit("public headers", "<=", 180, None),
    Limit("public header lines, max", "<=", 150, None),
    Limit("test : code, all languages", ">=", 0.8, None),
]


def percentile(values, part):
    """The value that `part` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else 0


def strongly_connected(graph):
    """Tarjan's components of more than one node, the largest first; a node that leads to itself counts too."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1 or node in graph[node]:
                found.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return sorted(found, key=lambda component: (-len(component), component))


def room_of(path):
    """Module and name: src/oci/copy.cpp and include/cbuild/oci/copy.h are one room."""
    return f"{module_of(path)}/{os.path.splitext(os.path.basename(path))[0]}"


def include_graph(files):
    """Path -> the paths of ours that it includes."""
    graph = {path: [] for path, _ in files}
    for path, text in files:
        for ours, _ in INCLUDE.findall(without_comments(text)):
            for candidate in (os.path.join("include", ours), ours, os.path.join(os.path.dirname(path), ours)):
                if candidate in graph:
                    graph[path].append(candidate)
                    break
    return graph


def reached(graph, start):
    """All nodes that `start` leads to."""
    seen, pending = set(), [start]
    while pending:
        for other in graph[pending.pop()]:
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return seen - {start}


def depths(graph):
    """Node -> edges in the longest chain that begins with it; a cycle ends the chain."""
    known = {}

    def depth(node):
        if node not in known:
            known[node] = 0
            known[node] = max((1 + depth(other) for other in graph[node]), default=0)
        return known[node]

    return {node: depth(node) for node in graph}


def functions(tags):
    """(lines, "path:line name"), the longest first."""
    found = [
        (tag["end"] - tag["line"] + 1, f'{tag["path"]}:{tag["line"]} {tag["name"]}') for tag in tags if tag["kind"] == "function"
    ]
    return sorted(found, reverse=True)


def types_of_headers(tags, headers):
    """Header -> names of the types it defines, without those within another type or a function."""
    found = {path: [] for path in headers}
    for tag in tags:
        named = tag["kind"] != "function" and not tag["name"].startswith("__anon")
        if tag["path"] in found and named and tag.get("scopeKind", "namespace") == "namespace":
            found[tag["path"]].append(tag["name"])
    return found


def count_lines(text, marks=("//",)):
    """(code, comments alone, comments behind code) of a text."""
    code = alone = behind = 0
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith(marks):
            alone += 1
            continue
        code += 1
        behind += any(re.search(rf"\s{re.escape(mark)}(?: |/)", line) is not None for mark in marks)
    return code, alone, behind


def code_of(top, paths):
    return sum(count_lines(read(top, path), ("#",) if path.endswith((".sh", ".py")) else ("//",))[0] for path in paths)


def mutual_modules(graph):
    """Pairs of modules that include each other."""
    pairs = {(module_of(path), module_of(other)) for path in graph for other in graph[path]}
    return sorted((a, b) for a, b in pairs if a < b and (b, a) in pairs)


class Figures:
    """All that is counted in a tree: `values` by name, and for some of them where the worst places are."""

    def __init__(self, top):
        self.values = {}
        self.places = {}
        files = sources(top)
        graph = include_graph(files)
        tags = definitions(top, [path for path, _ in files])
        self.add_sizes(files, functions(tags))
        self.add_includes(graph)
        self.add_headers(files, tags)
        self.add_tests(top, files)
        self.add_comments(files)

    def add_spread(self, name, rows):
        """Rows are (number, place)."""
        rows = sorted(rows, reverse=True)
        numbers = [number for number, _ in rows]
        for part, value in (("median", 0.5), ("p95", 0.95), ("max", 1)):
            self.values[f"{name}, {part}"] = percentile(numbers, value)
            self.places[f"{name}, {part}"] = [f"{place}: {number}" for number, place in rows[:5]]

    def add_sizes(self, files, found):
        self.values["files"] = len(files)
        self.add_spread("file lines", [(text.count("\n"), path) for path, text in files])
        self.values["functions"] = len(found)
        self.add_spread("function lines", found)

    def add_includes(self, graph):
        pulled = [(len(reached(graph, path)), path) for path in graph if path.endswith(".cpp")]
        self.add_spread("headers a source pulls in", pulled)
        by_depth = sorted(((depth, path) for path, depth in depths(graph).items()), reverse=True)
        self.values["include depth"] = by_depth[0][0]
        self.places["include depth"] = [f"{path}: {depth}" for depth, path in by_depth[:5]]
        rooms = collections.defaultdict(set)
        for path, included in graph.items():
            rooms[room_of(path)].update(room_of(other) for other in included if room_of(other) != room_of(path))
        cycles, circles = strongly_connected(graph), strongly_connected(rooms)
        self.values["cycles of files"] = len(cycles)
        self.values["circles of rooms"] = len(circles)
        self.values["rooms in circles"] = sum(len(names) for names in circles)
        self.places["cycles of files"] = [" ".join(names) for names in cycles]
        self.places["rooms in circles"] = [f"{len(names)}: {' '.join(names)}" for names in circles]
        pairs = mutual_modules(graph)
        self.values["mutual modules"] = len(pairs)
        self.places["mutual modules"] = [" ".join(pair) for pair in pairs]

    def add_headers(self, files, tags):
        headers = {path: text.count("\n") for path, text in files if path.endswith(".h")}
        types = types_of_headers(tags, headers)
        many = sorted(((len(names), path) for path, names in types.items() if len(names) > 2), reverse=True)
        self.add_spread("types a header", [(len(names), path) for path, names in types.items()])
        name = "headers with at most 2 types, %"
        self.values[name] = round(100 * (1 - len(many) / max(1, len(headers))), 1)
        self.places[name] = [f"{path}: {' '.join(types[path])}" for _, path in many]
        public = sorted(((lines, path) for path, lines in headers.items() if path.startswith("include/")), reverse=True)
        self.values["public headers"] = len(public)
        self.values["public header lines, max"] = public[0][0] if public else 0
        self.places["public header lines, max"] = [f"{path}: {lines}" for lines, path in public[:5]]

    def add_tests(self, top, files):
        code = collections.Counter()
        for path, text in files:
            code[module_of(path)] += count_lines(text)[0]
        whole = sum(code.values())
        cpp = code_of(top, files_below(top, ["tests"], (".cpp", ".h")))
        others = code_of(top, files_below(top, ["tests"], (".sh", ".py")))
        self.values["code lines"] = whole
        self.values["test : code, C++"] = round(cpp / max(1, whole), 2)
        self.values["test : code, all languages"] = round((cpp + others) / max(1, whole), 2)
        for module in sorted(code):
            tests = code_of(top, files_below(top, [f"tests/unit/{module}"], (".cpp", ".h")))
            self.values[f"unit test : code, {module}"] = round(tests / max(1, code[module]), 2)

    def add_comments(self, files):
        for name, chosen in (
            ("all files", files),
            ("public headers", [(path, text) for path, text in files if path.startswith("include/")]),
        ):
            code, alone, behind = (sum(column) for column in zip((0, 0, 0), *(count_lines(text) for _, text in chosen)))
            self.values[f"comment : code, {name}, whole lines"] = round(alone / max(1, code), 2)
            self.values[f"comment : code, {name}, with those behind code"] = round((alone + behind) / max(1, code), 2)

    def faults(self, limits):
        """Limit -> what is wrong; empty when it holds."""
        result = {}
        for limit in limits:
            value = self.values[limit.figure]
            bound = limit.goal if limit.today is None else limit.today
            holds = value <= bound if limit.wants == "<=" else value >= bound
            result[limit] = [] if holds else [f"is {value}", *self.places.get(limit.figure, [])[:20]]
        return result


    def improved(self, limit):
        """Whether `today` can be moved towards the goal."""
        value = self.values[limit.figure]
        return limit.today is not None and (value < limit.today if limit.wants == "<=" else value > limit.today)


def text_of(limit):
    if limit.today is None:
        return f"{limit.figure} {limit.wants} {limit.goal}"
    return f"{limit.figure} {limit.wants} {limit.today} (goal: {limit.goal})"


# --- The check of the check ---

GOOD = {
    "include/cbuild/util/a.h": "// A.\n#pragma once\nstruct A {\n  int x;\n};\n",
    "src/util/a.cpp": '// A.\n#include "cbuild/util/a.h"\n\nint f() {\n  return 1;\n}\n',
    "tests/a_test.cpp": "int test() {\n  return 1;\n}\n" * 4,
}


def chain(length):
    """Headers each of which includes the next, and a source that includes the first."""
    files = {f"src/oci/h{i}.h": f'#include "src/oci/h{i + 1}.h"\n' for i in range(length)}
    return {**files, f"src/oci/h{length}.h": "int x;\n", "src/oci/user.cpp": '#include "src/oci/h0.h"\n'}


def fan(count):
    """A source that includes many headers."""
    headers = {f"src/oci/f{i}.h": "int x;\n" for i in range(count)}
    return {**headers, "src/oci/user.cpp": "".join(f'#include "{path}"\n' for path in headers)}


def many(lines):
    return {f"src/oci/n{i}.cpp": f"int n{i}() {{\n" + "  ++x;\n" * lines + "}\n" for i in range(30)}


# What is added to the good tree to break a limit.
BAD = {
    "file lines, median": {f"src/oci/n{i}.cpp": "int x;\n" * 121 for i in range(9)},
    "file lines, p95": {"src/oci/n.cpp": "int x;\n" * 401},
    "file lines, max": {"src/oci/n.cpp": "int x;\n" * 601},
    "function lines, median": many(8),
    "function lines, p95": many(45),
    "function lines, max": {"src/oci/n.cpp": "int n() {\n" + "  ++x;\n" * 69 + "}\n"},
    "headers a source pulls in, median": {**fan(11), "src/oci/v.cpp": fan(11)["src/oci/user.cpp"]},
    "headers a source pulls in, p95": fan(26),
    "include depth": chain(7),
    "cycles of files": {"src/oci/x.h": '#include "src/oci/y.h"\n', "src/oci/y.h": '#include "src/oci/x.h"\n'},
    "rooms in circles": {
        "src/oci/x.h": "int x;\n",
        "src/oci/x.cpp": '#include "src/oci/y.h"\n',
        "src/oci/y.h": '#include "src/oci/x.h"\n',
    },
    "mutual modules": {
        "include/cbuild/oci/z.h": "int z;\n",
        "src/oci/x.cpp": '#include "cbuild/util/a.h"\n',
        "src/util/x.cpp": '#include "cbuild/oci/z.h"\n',
    },
    "headers with at most 2 types, %": {"src/oci/t.h": "struct T {};\nclass U {};\nenum class V { v };\n"},
    "public headers": {f"include/cbuild/oci/h{i}.h": "int x;\n" for i in range(180)},
    "public header lines, max": {"include/cbuild/oci/h.h": "int x;\n" * 151},
    "test : code, all languages": {"src/oci/n.cpp": "int x;\n" * 40},
}


def figures_of(files):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files.items():
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
        return Figures(top)


def check_itself():
    """Every limit, at its goal, finds the tree that breaks it and passes the good one."""
    goals = [limit._replace(today=None) for limit in LIMITS]
    faults = [f"the good tree: {text_of(limit)}" for limit, found in figures_of(GOOD).faults(goals).items() if found]
    for limit in goals:
        if not figures_of({**GOOD, **BAD[limit.figure]}).faults([limit])[limit]:
            faults.append(f"{limit.figure} takes what is wrong")
    return report("every limit finds what breaks it", faults)


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    top = top_of([argument for argument in arguments if argument != "--check"])
    good = check_itself() if check else True
    figures = Figures(top)
    if not check:
        for name, value in figures.values.items():
            print(f"{name:<55} {value:>8}")
        for name in ("rooms in circles", "headers a source pulls in, max", "include depth", "headers with at most 2 types, %"):
            print(f"\n{name}:", *figures.places[name], sep="\n  ")
        return
    for limit, faults in figures.faults(LIMITS).items():
        good = report(text_of(limit), faults) and good
        if figures.improved(limit):
            print(f"#   it is {figures.values[limit.figure]}: lower what figures.py allows today")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
