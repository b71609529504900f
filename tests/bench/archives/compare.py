#!/usr/bin/env python3
"""Lets our reader, libarchive and docker's (Go's archive/tar) read the same odd archives, and tells where they differ.

usage: compare.py READERS [-v]

READERS is the program of readers.cpp. Wants go. Each archive is of a few blocks and has one thing that is unusual: two
sizes, two names, a number that is none, a map of holes that lies. With -v what each reader sees is printed, too.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

END = bytes(1024)
GNU = b"ustar  \0"
XATTR_TEXTS = {"schily": b"SCHILY.xattr.user.a", "libarchive": b"LIBARCHIVE.xattr.user.a"}


def octal(value, size):
    return b"%0*o\0" % (size - 1, value)


def header(name, kind=b"0", size=0, mode=0o644, link=b"", magic=b"ustar\x0000", prefix=b"", raw=None):
    """A header; `raw` puts bytes at offsets, before the checksum is made."""
    block = bytearray(512)
    fields = {0: name[:100], 100: octal(mode, 8), 108: octal(0, 8), 116: octal(0, 8), 124: octal(size, 12)}
    fields |= {136: octal(0, 12), 156: kind, 157: link[:100], 257: magic, 345: prefix} | (raw or {})
    for offset, field in fields.items():
        block[offset : offset + len(field)] = field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def file(name, content=b"", **fields):
    return header(name, size=len(content), **fields) + padded(content)


def record(key, value):
    size = len(key) + len(value) + 3
    while len(str(size)) + len(key) + len(value) + 3 != size:
        size = len(str(size)) + len(key) + len(value) + 3
    return b"%d %s=%s\n" % (size, key, value)


def pax(*records, kind=b"x"):
    """A PAX header; a record is a pair, or bytes as they are."""
    text = b"".join(each if isinstance(each, bytes) else record(*each) for each in records)
    return header(b"PaxHeaders/x", kind, len(text)) + padded(text)


def gnu_name(name, kind=b"L"):
    return header(b"././@LongLink", kind, len(name)) + padded(name)


def with_checksum(block, text):
    return block[:148] + text + block[156:]


INNER = file(b"inner", b"evil")
NEXT = file(b"next")
INNER_SIZE = b"%d" % len(INNER)
NFC, NFD, NO_UTF8 = "caf\u00e9".encode(), "cafe\u0301".encode(), b"not\xff\xfeutf8"


def sizes():
    yield "a PAX size above that of the header", pax((b"size", INNER_SIZE)) + header(b"outer") + INNER + NEXT
    yield "a PAX size of 0", pax((b"size", b"0")) + header(b"outer", size=len(INNER)) + INNER + NEXT
    yield "a global PAX size", pax((b"size", INNER_SIZE), kind=b"g") + header(b"outer") + INNER + NEXT
    yield "two PAX sizes", pax((b"size", b"0"), (b"size", INNER_SIZE)) + header(b"cut") + INNER + NEXT
    for kind in (b"1", b"2", b"3", b"4", b"5", b"6"):
        number = kind.decode()
        yield f"a size on type {number}", header(b"x", kind, len(INNER), link=b"y") + INNER + NEXT
        yield f"a PAX size on type {number}", pax((b"size", INNER_SIZE)) + header(b"x", kind, link=b"y") + INNER + NEXT
    yield "a directory of v7 with content", header(b"d/", b"\0", 5, magic=b"") + padded(b"hello") + NEXT
    yield "a hard link with content", file(b"a", b"hello") + header(b"b", b"1", 5, link=b"a") + padded(b"world") + NEXT
    yield "a file named x/", file(b"x/", b"hello") + NEXT
    for text in (b"-1", b"99999999999999999999", b"9223372036854775807", b" 5", b"5x", b"+5", b"0x5"):
        yield f"a PAX size '{text.decode()}'", pax((b"size", text)) + header(b"x") + padded(b"hello") + NEXT
    fields = {
        "12x": b"12x",
        "-1 of base 256": b"\xff" * 12,
        "2^87 of base 256": b"\x80" + b"\x7f" * 11,
        "5 of base 256": b"\x80" + bytes(10) + b"\5",
        "99999999999": b"99999999999\0",
        "5 after a NUL": b"\0" + b"0000000005\0",
        "5 after a blank within": b"00000 00005\0",
        "5 before a NUL within": b"00005\x000000\0",
    }
    for name, field in fields.items():
        yield f"size {name}", header(b"x", raw={124: field}) + padded(b"hello") + NEXT


def names():
    yield "two PAX headers", pax((b"path", b"one")) + pax((b"path", b"two")) + file(b"cut")
    yield "two PAX headers of different keys", pax((b"path", b"one")) + pax((b"mtime", b"5")) + file(b"cut")
    yield "two PAX paths", pax((b"path", b"one"), (b"path", b"two")) + file(b"cut")
    yield "a PAX path, then a GNU name", pax((b"path", b"pax")) + gnu_name(b"gnu\0") + file(b"cut")
    yield "a GNU name, then a PAX path", gnu_name(b"gnu\0") + pax((b"path", b"pax")) + file(b"cut")
    yield "two GNU names", gnu_name(b"one\0") + gnu_name(b"two\0") + file(b"cut")
    yield "a GNU name with NUL", gnu_name(b"a\0b\0") + file(b"cut")
    yield "a GNU link", gnu_name(b"target" * 30 + b"\0", b"K") + header(b"l", b"2", link=b"cut")
    yield "a PAX path with NUL", pax((b"path", b"a\0b")) + file(b"cut")
    yield "a PAX link with NUL", pax((b"linkpath", b"a\0b")) + header(b"l", b"2", link=b"cut")
    yield "an empty PAX path", pax((b"path", b"")) + file(b"cut")
    yield "a PAX path of 40 000 bytes", pax((b"path", b"n" * 40000)) + file(b"x")
    yield "a global PAX path", pax((b"path", b"evil"), kind=b"g") + file(b"after")
    for name, text in {"composed": NFC, "decomposed": NFD, "no UTF-8": NO_UTF8}.items():
        yield f"a PAX path, {name}", pax((b"path", text)) + file(b"cut")
        yield f"a PAX link, {name}", pax((b"linkpath", text)) + header(b"l", b"2", link=b"x")
        yield f"a ustar path, {name}", file(text)
        yield f"a GNU name, {name}", gnu_name(text + b"\0") + file(b"cut")
    yield "hdrcharset=BINARY", pax((b"hdrcharset", b"BINARY"), (b"path", NO_UTF8)) + file(b"cut")
    yield "a prefix", header(b"name", prefix=b"a/b")
    yield "a prefix beneath GNU's magic", header(b"name", prefix=b"a/b", magic=GNU)
    yield "a prefix of star", header(b"name", prefix=b"a/b", raw={508: b"tar\0", 476: b"00000000005\x0000000000006\0"})
    yield "an empty name", header(b"")
    yield "..", file(b"../../x")
    yield "an absolute path", file(b"/etc/x")
    yield "a hard link to nothing", header(b"x", b"1")
    yield "a symbolic link to nothing", header(b"x", b"2")


def records():
    for name, text in {
        "junk": b"junk",
        "a length too short": b"7 a=b\n",
        "no line break": b"6 a=bc",
        "no '='": b"5 ab\n",
        "no key": b"5 =b\n",
        "the length 0": b"0 a=b\n",
        "a length of 21 digits": b"999999999999999999999 a=b\n",
    }.items():
        yield f"a PAX record with {name}", pax(text) + file(b"x")
    yield "a PAX header of nothing", pax()
    yield "a PAX header, then the end", pax((b"path", b"x"))
    yield "a PAX header of Sun", pax((b"path", b"sun"), kind=b"X") + file(b"cut")
    yield "a PAX header of 1 MiB", pax((b"comment", b"c" * (1 << 20))) + file(b"x")
    for key, text in (
        (b"uid", b"x"),
        (b"uid", b"-1"),
        (b"uid", b"99999999999999999999"),
        (b"mtime", b"12.25"),
        (b"mtime", b"-1.5"),
        (b"mtime", b"1.x"),
        (b"SCHILY.realsize", b"100"),
        (b"LIBARCHIVE.symlinktype", b"dir"),
        (b"LIBARCHIVE.creationtime", b"5"),
        (b"SCHILY.acl.access", b"user::rw-,user:joe:rwx,group::r--,mask::rwx,other::r--"),
    ):
        yield f"PAX {key.decode()}={text.decode()}", pax((key, text)) + file(b"x", b"hello")
    yield "a global PAX uid", pax((b"uid", b"77"), kind=b"g") + file(b"x")
    ours, theirs = XATTR_TEXTS["schily"], XATTR_TEXTS["libarchive"]
    yield "an attribute", pax((ours, b"b\0c")) + file(b"x")
    yield "an attribute twice", pax((ours, b"1"), (ours, b"2")) + file(b"x")
    yield "an attribute of libarchive's", pax((theirs, b"Yg")) + file(b"x")
    yield "an attribute in both spellings", pax((ours, b"1"), (theirs, b"Mg")) + file(b"x")
    device = header(b"x", b"3", raw={329: b"0000001\0", 337: b"0000003\0"})
    yield "PAX device numbers", pax((b"SCHILY.devmajor", b"9"), (b"SCHILY.devminor", b"8")) + device


def fields():
    for name, raw in {
        "an owner of base 256": {108: b"\x80\0\0\0\x7f\xff\xff\xff"},
        "an owner below 0": {108: b"\xff" * 8},
        "an owner 'abc'": {108: b"abc"},
        "a mode 'rw-'": {100: b"rw-"},
        "a mode between blanks": {100: b"  644 \0"},
        "a mode with the bits of a type": {100: b"0120777\0"},
        "a time below 0": {136: b"\xff" * 11 + b"\xfe"},
        "a time 'yesterday'": {136: b"yesterday"},
    }.items():
        yield name, header(b"x", raw=raw)
    yield "a set-user-ID bit", header(b"x", mode=0o6755)
    yield "a device number 'zzz'", header(b"x", b"3", raw={329: b"zzz", 337: b"0000003\0"})
    for kind in (b"Z", b"M", b"N", b"A", b"V", b"7"):
        yield f"type {kind.decode()}", header(b"x", kind, 5) + padded(b"hello") + NEXT
    yield "type D", header(b"d/", b"D", 7, magic=GNU) + padded(b"Yfile\0\0") + NEXT
    yield "a directory of v7", header(b"d/", b"\0", magic=b"") + NEXT


def ends():
    whole = file(b"a", b"hello")
    wrong = with_checksum(header(b"x"), b"0000001\0")
    yield "a wrong checksum", wrong, False
    yield "a wrong checksum, then a file", whole + wrong + NEXT
    yield "junk between two files", whole + b"j" * 512 + NEXT
    yield "cut in a header", whole + header(b"b")[:300], False
    yield "cut in the content", header(b"a", size=5000) + b"x" * 600, False
    yield "cut in the padding", header(b"a", size=5) + b"hello", False
    yield "without an end", whole, False
    yield "half an end", whole + bytes(512), False
    yield "half an end, then a file", whole + bytes(512) + NEXT
    yield "an end, then a file", whole + END + NEXT
    yield "an end, then junk", whole + END + b"junk" * 200, False
    yield "nothing", b"", False
    yield "zeros", b""


def sparse_files():
    def old(pieces, real):
        raw = {386 + 24 * i: octal(at, 12) + octal(size, 12) for i, (at, size) in enumerate(pieces)}
        block = header(b"old", b"S", 5, magic=GNU, raw=raw | {483: octal(real, 12)})
        return block + padded(b"abcde") + NEXT

    def new(size, text):
        return pax((b"GNU.sparse.size", size), (b"GNU.sparse.map", text)) + file(b"x", b"abcde") + NEXT

    def newest(text):
        keys = {b"major": b"1", b"minor": b"0", b"name": b"v10", b"realsize": b"2000"}
        content = text.ljust(512, b"\0") + b"abcde"
        return pax(*((b"GNU.sparse." + key, value) for key, value in keys.items())) + file(b"cut", content) + NEXT

    yield "sparse: GNU", old([(1000, 3), (1500, 2), (2000, 0)], 2000)
    yield "sparse: GNU, overlapping", old([(0, 3), (2, 2)], 2000)
    yield "sparse: GNU, beyond the end", old([(1999, 5)], 2000)
    yield "sparse: GNU, less than the content", old([(0, 4)], 2000)
    yield "sparse: GNU, more than the content", old([(0, 600)], 2000)
    yield "sparse: 1.0", newest(b"2\n1000\n3\n1500\n2\n")
    yield "sparse: 1.0, more than the content", newest(b"2\n1000\n3\n1500\n900\n")
    for name, size, text in (
        ("8 TiB", b"8796093022208", b"0,5"),
        ("less than the content", b"2000", b"0,4"),
        ("overlapping", b"2000", b"0,3,2,2"),
        ("beyond the end", b"2000", b"1999,5"),
        ("beyond 2^64", b"2000", b"18446744073709551615,5"),
        ("an empty map", b"2000", b""),
        ("a map of letters", b"2000", b"0,x"),
        ("an odd map", b"2000", b"0,5,7"),
        ("smaller than its content", b"3", b"0,5"),
    ):
        yield f"sparse: 0.1, {name}", new(size, text)


def write_archives(directory):
    """name -> path"""
    paths = {}
    for group in (sizes, names, records, fields, ends, sparse_files):
        for name, content, *rest in group():
            path = Path(directory) / f"{len(paths)}.tar"
            path.write_bytes(content + (b"" if rest == [False] else END))
            assert name not in paths, name
            paths[name] = str(path)
    return paths


def listings(command, paths):
    """name -> the lines that `command` prints of it"""
    env = os.environ | {"LC_ALL": "C.UTF-8", "GOCACHE": tempfile.gettempdir() + "/go-cache"}
    output = subprocess.run(command + list(paths.values()), stdout=subprocess.PIPE, check=True, env=env).stdout.decode()
    names = {path: name for name, path in paths.items()}
    result = {}
    for line in output.splitlines():
        if line.startswith("== "):
            current = result.setdefault(names[line[3:]], [])
        else:
            current.append(line)
    return result


def verdict(lines, docker):
    refused, docker_refused = lines[-1].startswith("error"), docker[-1].startswith("error")
    plain = [line.removesuffix(" (warning)") for line in lines]
    if (refused and docker_refused) or plain == docker:
        return "as docker"
    if refused:
        return "refuses what docker reads"
    return "reads what docker refuses" if docker_refused else "reads it differently"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    readers, verbose = os.path.abspath(sys.argv[1]), sys.argv[2:] == ["-v"]
    with tempfile.TemporaryDirectory() as directory:
        paths = write_archives(directory)
        go = ["go", "run", str(Path(__file__).with_name("docker.go"))]
        docker = listings(go, paths)
        seen = {name: listings([readers, name], paths) for name in ("ours", "libarchive")}
    for reader, lists in seen.items():
        rows = {}
        for name in paths:
            rows.setdefault(verdict(lists[name], docker[name]), []).append(name)
        print(f"{reader}, of {len(paths)} archives:")
        for row, which in sorted(rows.items()):
            print(f"  {row}: {len(which)}")
            for name in which if row != "as docker" else []:
                print(f"    {name}")
                if verbose:
                    print("".join(f"      {line[:200]}\n" for line in lists[name]) + "      docker:")
                    print("".join(f"      {line[:200]}\n" for line in docker[name]), end="")


main()
