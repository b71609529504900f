#!/usr/bin/env python3
"""Follows docs/adding.md: what its examples add compiles, and nothing that they list can be left out.

usage: adding.py SOURCE_DIRECTORY BUILD_DIRECTORY

An example is the code blocks of a section; the first line of each says where it belongs:

    ```cpp src/cli/commands.cpp: before "TEXT"      also: after, instead of "TEXT"; new
    ```

Each section is applied to a copy of the sources, and the files concerned are compiled with the flags of the build: those
that the example touches, and those that look into a variant of a header that it touches. Then each block is left out in
turn, which must not compile, unless its first line ends with words in brackets. The command is linked and run, too.
"""

import collections
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from figures import include_graph, reached
from sources import FOLDERS, read, report, sources

PAGE = "docs/adding.md"
BLOCK = re.compile(r'^```cpp (\S+): (?:(new)|(before|after|instead of) "([^\n]+?)")( \([\w ]+\))?\n(.*?)^```$', re.M | re.S)
LOOKS_INTO_VARIANT = re.compile(r"std::visit|std::get_if|overloaded")
WANTED = ("An instruction of the Dockerfile", "A rule of --check", "An operation", "A command")

Block = collections.namedtuple("Block", "path new where anchor optional code")


def examples(page):
    """Section -> its blocks."""
    found = {}
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        blocks = [Block(*match.groups()) for match in BLOCK.finditer(section)]
        if blocks:
            found[section.splitlines()[0].partition(":")[0]] = blocks
    return found


class Tree:
    """A copy of the sources with a build directory beside them, from which files are compiled as the build does."""

    def __init__(self, top, build, place):
        self.top, self.build, self.place = top, build, place
        for folder in FOLDERS:
            shutil.copytree(os.path.join(top, folder), os.path.join(place, folder))
        os.mkdir(os.path.join(place, "build"))
        shutil.copy(os.path.join(build, "config.h"), os.path.join(place, "build"))
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            entries = json.load(file)
        paths = {entry["output"]: os.path.join(entry["directory"], entry["file"]) for entry in entries}
        self.commands = {os.path.relpath(paths[entry["output"]], top): shlex.split(entry["command"]) for entry in entries}

    def apply(self, blocks):
        """Makes the sources those of the top with these blocks."""
        for path in {block.path for block in blocks}:
            original = os.path.join(self.top, path)
            text = read(self.top, path) if os.path.exists(original) else ""
            for block in blocks:
                if block.path == path:
                    text = self.insert(text, block)
            with open(os.path.join(self.place, path), "w", encoding="utf-8") as file:
                file.write(text)

    @staticmethod
    def insert(text, block):
        if block.new:
            return block.code
        if text.count(block.anchor) != 1:
            raise ValueError(f'{block.path}: "{block.anchor}" stands there {text.count(block.anchor)} times, want once')
        parts = {"before": (block.code, block.anchor), "after": (block.anchor, block.code), "instead of": (block.code,)}
        return text.replace(block.anchor, "".join(parts[block.where]))

    def restore(self, blocks):
        for path in {block.path for block in blocks}:
            original = os.path.join(self.top, path)
            if os.path.exists(original):
                shutil.copy(original, os.path.join(self.place, path))
            elif os.path.exists(os.path.join(self.place, path)):
                os.remove(os.path.join(self.place, path))

    def command_of(self, path):
        """The command that compiles a file; that of a neighbour for a new one."""
        if path in self.commands:
            return path, self.commands[path]
        folder = os.path.dirname(path)
        return next((known, words) for known, words in self.commands.items() if os.path.dirname(known) == folder)

    def compile(self, path, output=None):
        """What the compiler says of a file that it refuses; None when it takes it. Only checks it without `output`."""
        known, words = self.command_of(path)
        kept = []
        for before, word in zip([""] + words, words):
            if word in ("-o", "-c", "-MD", "-MQ", "-MF") or before in ("-o", "-MQ", "-MF"):
                continue
            kept.append(os.path.join("..", path) if os.path.normpath(word) == os.path.join("..", known) else word)
        kept += ["-c", "-o", output] if output else ["-fsyntax-only"]
        done = subprocess.run(kept, cwd=os.path.join(self.place, "build"), stderr=subprocess.PIPE, text=True)
        return None if done.returncode == 0 else f"{path}: {next(iter(re.findall('.*error.*', done.stderr)), done.stderr)}"

    def is_refused(self, paths):
        """Whether one of the files, tried in this order, does not compile."""
        return any(self.compile(path) for path in paths)

    def refusals(self, paths):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            return [fault for fault in pool.map(self.compile, paths) if fault]

    def link(self, objects, output):
        """Links the program with these objects before its own; what the linker says when it cannot."""
        listed = subprocess.run(
            ["ninja", "-t", "commands", "src/cli/cbuild"], cwd=self.build, stdout=subprocess.PIPE, text=True, check=True
        )
        words = shlex.split(listed.stdout.splitlines()[-1])
        words[words.index("-o") + 1] = output
        first = next(i for i, word in enumerate(words) if word.endswith((".o", ".a")))
        done = subprocess.run(words[:first] + objects + words[first:], cwd=self.build, stderr=subprocess.PIPE, text=True)
        return None if done.returncode == 0 else done.stderr


def concerned(tree, blocks):
    """The .cpp files that the blocks touch, and those that look into a variant of a header among them."""
    touched = {block.path for block in blocks}
    files = sources(tree.top)
    graph = include_graph(files)
    lookers = [
        path
        for path, text in files
        if path.endswith(".cpp") and LOOKS_INTO_VARIANT.search(text) and touched & reached(graph, path)
    ]
    return sorted({path for path in touched if path.endswith(".cpp")} | set(lookers))


def follow(tree, section, blocks):
    """Whether an example compiles whole, and not without one of its parts."""
    tree.apply(blocks)
    good = report(f"{section}: what the recipe says compiles", tree.refusals(concerned(tree, blocks)))
    faults = []
    files = concerned(tree, blocks)
    touched = {block.path for block in blocks}
    for left_out in blocks:
        if left_out.optional or left_out.new:
            continue
        tree.restore([left_out])
        tree.apply([block for block in blocks if block is not left_out])
        if not tree.is_refused(sorted(files, key=lambda path: (path != left_out.path, path not in touched))):
            faults.append(f"{left_out.path} {left_out.where} {left_out.anchor}: compiles without it")
    tree.restore(blocks)
    return report(f"{section}: no part can be left out", faults) and good


def run_command(tree, blocks):
    """Links and runs the command of the example, whose name is that of the new file."""
    tree.apply(blocks)
    paths = [block.path for block in blocks if block.path.endswith(".cpp")]
    name = os.path.splitext(os.path.basename(next(block.path for block in blocks if block.new)))[0]
    program = os.path.join(tree.place, "cbuild")
    objects = [os.path.join(tree.place, os.path.basename(path) + ".o") for path in dict.fromkeys(paths)]
    faults = [fault for path, output in zip(dict.fromkeys(paths), objects) if (fault := tree.compile(path, output))]
    if not faults:
        faults = [fault for fault in [tree.link(objects, program)] if fault]
    if not faults:
        for words, status in (([program, name], 0), ([program, "help", name], 0), ([program, name + "x"], 2)):
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if done.returncode != status or (status == 0 and not done.stdout):
                faults.append(f"{' '.join(words)}: {done.returncode}, want {status}: {done.stdout}{done.stderr}")
    return report(f"the command '{name}' is there", faults)


def main():
    top, build = (os.path.abspath(argument) for argument in sys.argv[1:3])
    page = read(top, PAGE)
    found = examples(page)
    missing = [section for section in WANTED if section not in found]
    good = report("every section has an example", missing)
    marks = len(re.findall(r"^```cpp ", page, re.M))
    blocks_read = sum(len(blocks) for blocks in found.values())
    good = report("every code block says where it belongs", [] if marks == blocks_read else [f"{blocks_read} of {marks}"]) and good
    with tempfile.TemporaryDirectory() as place:
        tree = Tree(top, build, place)
        for section, blocks in found.items():
            try:
                good = follow(tree, section, blocks) and good
                if section == "A command":
                    good = run_command(tree, blocks) and good
            except ValueError as error:
                good = report(f"{section}: its places are there", [str(error)])
                tree.restore(blocks)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
