#!/usr/bin/env python3
"""Keeps docs/architecture.md true: who may include whom, and what may be used nowhere.

usage: layering.py [SOURCE_DIRECTORY]

Prints a line "ok - RULE" or "not ok - RULE" for each rule, with the faults beneath it, and ends with 1 when there is one.
"""

import re
import sys

from sources import INCLUDE, module_of, report, sources, top_of, without_comments

# The table of docs/architecture.md, "Who may know whom".
MAY_INCLUDE = {
    "util": "",
    "oci": "util",
    "sandbox": "util",
    "network": "util",
    "layer": "util oci",
    "registry": "util oci",
    "graph": "util oci",
    "store": "util oci layer",
    "solver": "util oci graph",
    "frontend": "util oci graph",
    "cache": "util oci graph registry store solver",
    "image": "util oci layer sandbox registry store",
    "ops": "util oci layer sandbox network graph registry store solver image",
    "exporter": "util oci layer registry store image",
    "build": "util oci sandbox network layer registry graph store solver frontend image cache ops exporter",
    "cli": "util oci sandbox network layer registry graph store solver frontend image cache ops exporter build",
}
MAY_INCLUDE = {module: set(names.split()) | {module} for module, names in MAY_INCLUDE.items()}

# A C library, or a header that costs seconds, is included by one .cpp: (pattern of the header, files, how many of them
# may include it).
ONE_PLACE = [
    (r"curl/", r"src/registry/.*\.(cpp|h)", None),
    # salvage.cpp reads rows whose types nobody vouches for.
    (r"sqlite3\.h", r"src/store/(database|salvage)\.cpp", 2),
    (r"openssl/", r"src/util/(sha256|base64)\.cpp", 2),
    (r"utf8proc\.h", r"src/util/utf8\.cpp", 1),
    (r"seccomp\.h", r"src/sandbox/architectures\.cpp", 1),
    (r"CLI/", r"src/cli/args\.cpp", 1),
    (r"isa-l|igzip", r"src/layer/.*\.cpp", 1),
    (r"zstd\.h", r"src/layer/.*\.cpp", 1),
    (r"lzma\.h", r"src/layer/.*\.cpp", 1),
    (r"bzlib\.h", r"src/layer/.*\.cpp", 1),
]
JSON_HEADER = r"nlohmann/json\.hpp"

# Untrusted trees are changed through descriptors (openat2, *at calls), never through paths that are looked up again.
NOWHERE = [
    (
        "no std::filesystem function that changes the disk",
        r"\b(?:std::filesystem|fs)::(copy|rename|remove_all|create_director|permissions|last_write)\w*",
    ),
    ("no <regex>", r"#\s*include\s*<regex>"),
    # An exception in it ends the process: see util/once.h.
    ("no std::call_once", r"\bstd::(call_once|once_flag)\b"),
]

# The layout of a store below its directory is known to the module store only: (what, pattern).
STORE_LAYOUT = r"cache-mounts|contexts|empty|git|ingest|locks|snapshots|staging|volumes|store\.db"
STORE_PATHS = [
    ("a path in a store", re.compile(rf'"[^"\n]*/(?:{STORE_LAYOUT})(?:[/-][^"\n]*)?"|"(?:{STORE_LAYOUT})/[^"\n]*"')),
    ("a path made of the store's root", re.compile(r"\bstore\w*(?:\(\))?\.root\(\)\s*\+|\bstore_root\(\)\s*\+")),
    ("a path made of the store's root", re.compile(r'format\("[^"\n]*\{\}/[^"\n]*",[^;]*\bstore\w*(?:\(\))?\.root\(\)')),
]
# Lines that must be found, and lines that must not.
PATHS_OF_STORES = [
    'open_directory(store_.root() + "/empty");',
    'fmt::format("{}/{}/{}", store_.root(), store::kContextDigests, name);',
    'const std::string caches = session.store().root() + "/" + name;',
    '::access((store_root() + "/store.db").c_str(), F_OK);',
    'open("cache-mounts/abc");',
    'fmt::format("{}/snapshots/{}", where, number);',
]
OTHER_TEXTS = [
    'Row{"Cache mounts", "cache-mounts", usage.cache_mounts};',
    'prepare_run_steps(graph, display, environment.store.root(), emulation);',
    'make_directories(directory + "/blobs/sha256");',
    'options.argv = {"git"};',
    'fmt::format("the store {}: {}", store.root(), problem);',
    'url.starts_with("https://example.org/github/x");',
]


def paths_of_stores(text):
    """What names a path in a store, with the reason."""
    return [f"{what}: {match.group(0)}" for what, pattern in STORE_PATHS for match in pattern.finditer(text)]


def main():
    files = [(path, without_comments(text)) for path, text in sources(top_of(sys.argv[1:]))]
    rules = {"every module includes only what it may know": []}
    for path, text in files:
        module = module_of(path)
        if module not in MAY_INCLUDE:
            rules["every module includes only what it may know"].append(f"{path}: of no known module")
            continue
        for ours, _ in INCLUDE.findall(text):
            known = module_of(ours)
            if known and known not in MAY_INCLUDE[module]:
                rules["every module includes only what it may know"].append(f"{path}: {module} must not know {ours}")

    # What another module includes is in include/; all else is private to its module.
    private = rules["headers of src/ stay in their module"] = []
    for path, text in files:
        for ours, _ in INCLUDE.findall(text):
            if re.match(r"(src|frontend)/", ours) and module_of(ours) != module_of(path):
                private.append(f"{path}: {ours} is private to {module_of(ours)}")

    for pattern, allowed, limit in ONE_PLACE:
        faults = rules[f"{pattern} is included in one place"] = []
        users = [path for path, text in files if any(re.match(pattern, system) for _, system in INCLUDE.findall(text))]
        faults += [f"{path}: not here (want {allowed})" for path in users if not re.fullmatch(allowed, path)]
        if limit and len(users) > limit:
            faults.append(f"in {len(users)} files: {' '.join(users)}")

    faults = rules["the JSON library is included by one .cpp of a module"] = []
    by_module = {}
    for path, text in files:
        if any(re.match(JSON_HEADER, system) for _, system in INCLUDE.findall(text)):
            by_module.setdefault(module_of(path), []).append(path)
    for users in by_module.values():
        faults += [f"{path}: not in a header" for path in users if path.endswith(".h")]
        if len(users) > 1:
            faults.append("also in: " + " ".join(users))

    missed = rules["paths in a store are told from other texts"] = []
    missed += [f"not found: {line}" for line in PATHS_OF_STORES if not paths_of_stores(line)]
    missed += [f"found: {line}" for line in OTHER_TEXTS if paths_of_stores(line)]
    paths = rules["only store knows the paths in a store"] = []
    for path, text in files:
        if module_of(path) != "store":
            paths += [f"{path}: {fault}" for fault in paths_of_stores(text)]

    for rule, pattern in NOWHERE:
        rules[rule] = [f"{path}: {match.group(0)}" for path, text in files for match in re.finditer(pattern, text)]

    headers = rules["every header has #pragma once"] = []
    headers += [path for path, text in files if path.endswith(".h") and "#pragma once" not in text]

    sys.exit(0 if all([report(rule, faults) for rule, faults in rules.items()]) else 1)


if __name__ == "__main__":
    main()
