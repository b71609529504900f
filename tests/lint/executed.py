"""Which programs a script or a test executes, as far as its text tells.

Shell scripts are parsed by shfmt; commands are found through functions that run their arguments, arrays that hold
commands, programs that run programs (env, setpriv, sudo, xargs …), `sh -c`, trap and eval, find -exec, and command -v. Of
Python, the calls of subprocess and os.exec* are read, through functions that hand their argument on or return the list; of C++,
lists of words in files that spawn; of meson.build, find_program. Not seen: names that come out of variables that are
not arrays, of loops, of files and of other programs, and what runs inside images (texts of heredocs).
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys

# The words that end with the caller's.
REST = object()

BUILTINS = set(
    ". : [ [[ alias bg bind break builtin caller cd command compgen complete continue coproc declare dirs disown echo enable eval"
    " exec exit export false fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read"
    " readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset"
    " wait".split()
)

# Programs that run another: options that take a word, then how many words stand before the command.
WRAPPERS = {
    "chroot": ("", 1),
    "env": ("-u -C --unset --chdir", 0),
    "flock": ("-w -E", 1),
    "nice": ("-n", 0),
    "nohup": ("", 0),
    "nsenter": ("-t --target", 0),
    "prlimit": ("", 0),
    "setpriv": ("--reuid --regid --ruid --euid --groups --bounding-set --inh-caps --ambient-caps", 0),
    "setsid": ("", 0),
    "stdbuf": ("-i -o -e", 0),
    "strace": ("-e -o -s -u -p -P -E -S -X -I -a -O", 0),
    "sudo": ("-u -g", 0),
    "time": ("-f -o", 0),
    "timeout": ("-s -k", 1),
    "unshare": ("--propagation --map-users --map-groups --map-user --map-group --setuid --setgid", 0),
    "xargs": ("-n -I -P -d -L -a -s", 0),
}
SHELLS = {"sh", "bash", "dash"}


def need_shfmt():
    """Skips the test that calls it where shell scripts cannot be parsed."""
    if not shutil.which("shfmt"):
        print(f"ok - all of {os.path.basename(sys.argv[0])} # SKIP no shfmt")
        sys.exit(77)


def parse_shell(text, path):
    """shfmt's syntax tree."""
    done = subprocess.run(["shfmt", "--to-json"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"{path}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def nodes(tree):
    """All nodes of a syntax tree of shfmt, outer ones first."""
    if isinstance(tree, list):
        for child in tree:
            yield from nodes(child)
    elif isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from nodes(child)


def literal(parts):
    """The text of a word's parts; None when it is not known before it runs."""
    text = ""
    for part in parts:
        kind = part["Type"]
        if kind in ("Lit", "SglQuoted"):
            text += part.get("Value", "")
        elif kind == "DblQuoted":
            inner = literal(part.get("Parts", []))
            if inner is None:
                return None
            text += inner
        else:
            return None
    return text.replace("\\\n", "")


def parameter(word):
    """(name, whether all of an array is meant) when the word is one parameter and nothing else."""
    parts = word["Parts"]
    if len(parts) == 1 and parts[0]["Type"] == "DblQuoted":
        parts = parts[0].get("Parts", [])
    if len(parts) != 1 or parts[0]["Type"] != "ParamExp":
        return None, False
    index = parts[0].get("Index") or {}
    name = parts[0]["Param"]["Value"]
    return name, name == "@" or literal(index.get("Parts", [])) == "@"


class Script:
    """A shell script, with what it sources."""

    def __init__(self, path, text, library=()):
        self.tree = parse_shell(text, path)
        self.path = path
        self.functions = {}  # name → how many words stand before the command it runs; None: it runs none
        self.arrays = {}  # name → lists of words that it may begin with
        for other in library:
            self.functions.update(other.functions)
        for node in nodes(self.tree):
            if node.get("Type") == "FuncDecl":
                self.functions[node["Name"]["Value"]] = None
            for assign in node.get("Assigns") or node.get("Args") or []:
                if isinstance(assign, dict) and assign.get("Array") and not assign.get("Append"):
                    elements = [element["Value"] for element in assign["Array"].get("Elems") or []]
                    self.arrays.setdefault(assign["Name"]["Value"], []).append(elements)
        self._find_runners()

    def programs(self):
        """Names, each once."""
        found = self._all(self._calls(self.tree)) - {REST}
        return found | {"env", self.interpreter()} if self.interpreter() else found

    def interpreter(self):
        for comment in nodes(self.tree):
            match = re.match(r"!/usr/bin/env (\w+)|!/bin/(\w+)", comment.get("Text", "") or "")
            if match and "Hash" in comment:
                return match.group(1) or match.group(2)
        return None

    @staticmethod
    def _calls(tree):
        return [node["Args"] for node in nodes(tree) if node.get("Type") == "CallExpr" and node.get("Args")]

    def _find_runners(self):
        """Functions that run "$@", at once or through one another."""
        bodies = [node for node in nodes(self.tree) if node.get("Type") == "FuncDecl"]
        while True:
            changed = False
            for body in bodies:
                name = body["Name"]["Value"]
                calls = self._calls(body["Body"])
                if self.functions[name] is None and REST in self._all(calls):
                    self.functions[name] = self._shifts(calls)
                    changed = True
            if not changed:
                return

    @staticmethod
    def _shifts(calls):
        shifts = 0
        for call in calls:
            words = [literal(word["Parts"]) for word in call]
            if words[0] == "shift":
                shifts += int(words[1]) if len(words) > 1 and words[1] else 1
        return shifts

    def _commands(self, words, functions=True):
        """The programs that a command runs; REST when it runs the words of its caller. Functions are looked up or not."""
        while words and re.match(r"\w+=", self._beginning(words[0])):
            words = words[1:]  # env's variables
        if not words:
            return set()
        first, rest = words[0], words[1:]
        name, all_of_it = parameter(first)
        if name == "@":
            return {REST}
        if name and all_of_it:
            found = set()
            for elements in self.arrays.get(name, []):
                found |= self._commands(elements + rest)
            return found
        command = literal(first["Parts"])
        if command and command.startswith("{"):  # exec {descriptor}>…, as older shfmt takes it
            return set()
        return self._named(os.path.basename(command), rest, functions) if command else set()

    def _named(self, name, rest, functions):
        if functions and name in self.functions:
            skipped = self.functions[name]
            return set() if skipped is None else self._commands(rest[skipped:])
        texts = [literal(word["Parts"]) for word in rest]
        if name == "command" and texts and (texts[0] or "").startswith("-"):
            return set(filter(None, texts[1:]))  # who asks for a program uses it
        if name in ("exec", "command", "builtin"):
            return self._commands(rest, functions=False)
        if name in ("eval", "trap"):
            return self._all(self._calls_in(texts[0])) if texts else set()
        if name in BUILTINS:
            return set()
        found = {name}
        if name in SHELLS and "-c" in texts[:2]:
            found |= self._shell_text(rest[texts.index("-c") + 1 :])
        if name == "find":
            for place, word in enumerate(texts[:-1]):
                if word in ("-exec", "-execdir", "-ok"):
                    found |= self._commands(rest[place + 1 :])
        if name in WRAPPERS:
            found |= self._commands(self._behind_options(name, rest))
        return found

    def _behind_options(self, name, words):
        """The command among the words of a program that runs one."""
        options, positions = WRAPPERS[name]
        options = options.split()
        place = 0
        while place < len(words):
            text = literal(words[place]["Parts"])
            if text == "--":
                place += 1
                break
            name, all_of_it = parameter(words[place])
            if all_of_it and name != "@":
                words = words[:place] + self.arrays.get(name, [[]])[0] + words[place + 1 :]
            elif text in options:
                place += 2
            elif self._beginning(words[place]).startswith("-"):
                place += 1
            else:
                break
        return words[place + positions :]

    @staticmethod
    def _beginning(word):
        """What is literal at the start of a word."""
        return word["Parts"][0].get("Value") or ""

    def _shell_text(self, words):
        """Of `sh -c TEXT NAME WORD…`, where "$@" in the text is those words."""
        calls = self._calls_in(literal(words[0]["Parts"])) if words else []
        found = self._all(calls)
        if REST in found:
            found = found - {REST} | self._commands(words[2 + self._shifts(calls) :])
        return found

    def _all(self, calls):
        return set().union(*(self._commands(call) for call in calls))

    def _calls_in(self, text):
        """The commands of a text that is known."""
        return self._calls(parse_shell(text, self.path)) if text and text != "-" else []


class PythonFile:
    """A Python program."""

    RUNNERS = {"run", "Popen", "call", "check_call", "check_output", "execv", "execvp", "execve", "execvpe"}

    def __init__(self, path, text):
        self.path = path
        self.tree = ast.parse(text, path)
        self.functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}

    def programs(self):
        found = {"python3"}
        runners = self._runners()
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call) and self._name(call) in runners and call.args:
                found |= self._words(call.args[0])
        return found

    def modules(self):
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
        return found

    @staticmethod
    def _name(call):
        """The name of a function; of subprocess and os with their module."""
        function = call.func
        if isinstance(function, ast.Name):
            return function.id
        if isinstance(function, ast.Attribute):
            module = function.value.id if isinstance(function.value, ast.Name) else ""
            return f"{module}.{function.attr}" if module in ("subprocess", "os") else function.attr
        return ""

    def _runners(self):
        """Functions whose first argument is a command."""
        runners = {f"{module}.{name}" for module in ("subprocess", "os") for name in self.RUNNERS}
        while True:
            more = {name for name, node in self.functions.items() if self._hands_on(node, runners)} - runners
            if not more:
                return runners
            runners |= more

    def _hands_on(self, function, runners):
        """Whether it runs its first argument (behind self)."""
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or self._name(call) not in runners or not call.args or not names:
                continue
            first = call.args[0]
            if isinstance(first, ast.Name) and first.id == names[0]:
                return True
            if isinstance(first, ast.List) and any(
                isinstance(word, ast.Starred) and isinstance(word.value, ast.Name) and word.value.id == names[0]
                for word in first.elts
            ):
                return True
        return False

    def _words(self, node, deep=True):
        """The programs of a list of words, or of a function that returns one."""
        if isinstance(node, ast.BinOp):
            return self._words(node.left)
        if isinstance(node, ast.Call) and deep and self._name(node) in self.functions:
            found = set()
            for inner in ast.walk(self.functions[self._name(node)]):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    found |= self._words(inner.value, deep=False)
            return found
        if not isinstance(node, ast.List) or not node.elts:
            return set()
        texts = [item.value if isinstance(item, ast.Constant) else None for item in node.elts]
        if not isinstance(texts[0], str):
            return set()
        # Quoted, for `time` is a keyword of the shell.
        words = ["'" + text.replace("'", "'\\''") + "'" if isinstance(text, str) else '"$unknown"' for text in texts]
        return Script(self.path, " ".join(words)).programs()


def programs_of_cpp(text):
    """Lists of words, {"openssl", "req", …}, in a file that spawns."""
    if not re.search(r"\b(posix_spawnp?|exec[vl]p?e?)\(", text):
        return set()
    words = re.findall(r'\{"([\w./+-]+)",', text)
    return {os.path.basename(word) for word in words if not word.startswith("/proc/")}  # no file there is installed


def programs_of_meson(text):
    return set(re.findall(r"find_program\('([^']+)'", text))
