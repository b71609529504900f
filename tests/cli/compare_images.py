"""Says how two images differ: their configs, their histories, and their root file systems path by path.

Usage: compare_images.py IMAGE IMAGE [KNOWN]
An IMAGE is an OCI image layout with one image (a directory or a tar), or a directory that skopeo's "dir:" made. Every
difference is a line, "PATH FIELD: ONE | OTHER", "config FIELD: ONE | OTHER" or "history NUMBER: ONE | OTHER". KNOWN
holds regular expressions, one a line (# comments): lines that match one are not shown. Ends with 1 when there are
others.

Of an entry of the history its instruction and whether it has a layer is compared; of times only those before 2010, which
somebody set.
"""
import gzip
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tarfile

CONFIG = ["Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes", "Labels", "StopSignal",
          "Healthcheck", "Shell", "OnBuild"]
SET_BEFORE = 1262304000  # 2010


class Image:
    def __init__(self, path):
        self.path, self.tar = path, None if os.path.isdir(path) else tarfile.open(path)
        self.flat = os.path.exists(os.path.join(path, "manifest.json"))

    def read(self, name):
        if self.tar:
            try:
                return self.tar.extractfile(name).read()
            except KeyError:
                return self.tar.extractfile("./" + name).read()
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def blob(self, descriptor):
        return self.read(descriptor["digest"].replace("sha256:", "" if self.flat else "blobs/sha256/"))

    def config_and_layers(self):
        manifest = json.loads(self.read("manifest.json" if self.flat else "index.json"))
        while "manifests" in manifest:
            manifest = json.loads(self.blob(manifest["manifests"][0]))
        return json.loads(self.blob(manifest["config"])), [self.blob(layer) for layer in manifest["layers"]]


def unpacked(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def entry_of(tar, member):
    kind = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "link", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block",
            tarfile.FIFOTYPE: "fifo"}.get(member.type, "file")
    entry = {"type": kind, "uid": member.uid, "gid": member.gid}
    if kind != "link":
        entry["mode"] = "%04o" % (member.mode & 0o7777)
    else:
        entry["target"] = member.linkname
    if kind == "file":
        content = tar.extractfile(member).read()
        entry["size"], entry["sha256"] = len(content), hashlib.sha256(content).hexdigest()
        entry["links"] = None
    if member.mtime < SET_BEFORE:
        entry["mtime"] = int(member.mtime)
    if kind in ("char", "block"):
        entry["device"] = "%d:%d" % (member.devmajor, member.devminor)
    for key, value in member.pax_headers.items():
        if key.startswith("SCHILY.xattr."):
            entry["xattr " + key[len("SCHILY.xattr."):]] = value
    return entry


def remove(tree, path):
    for name in [name for name in tree if name == path or name.startswith(path + "/")]:
        del tree[name]


def root_of(layers):
    tree = {}
    for data in layers:
        below = set(tree)
        tar = tarfile.open(fileobj=io.BytesIO(unpacked(data)))
        for member in tar:
            path = os.path.normpath("/" + member.name)
            parent, name = os.path.split(path)
            if name == ".wh..wh..opq":
                for old in [old for old in below if old.startswith(parent.rstrip("/") + "/")]:
                    tree.pop(old, None)
            elif name.startswith(".wh."):
                remove(tree, os.path.join(parent, name[4:]))
            elif member.type == tarfile.LNKTYPE:
                remove(tree, path)
                tree[path] = tree[os.path.normpath("/" + member.linkname)]
            else:
                if not member.isdir() or tree.get(path, {}).get("type") != "directory":
                    remove(tree, path)
                tree[path] = entry_of(tar, member)
    names = {}
    for path, entry in tree.items():
        names.setdefault(id(entry), []).append(path)
    for path, entry in tree.items():
        if "links" in entry:
            entry["links"] = " ".join(sorted(names[id(entry)])[1:])
    tree.pop("/", None)
    return tree


def history_of(config):
    """"COPY layer", "ENV empty"... Without ONBUILD, of which only buildah's history tells."""
    lines = []
    for entry in config["history"]:
        text, other = re.subn(r"^/bin/sh -c #\(nop\) +", "", entry.get("created_by", ""))
        instruction = re.match(r"([A-Za-z]+)\s", text) if other else re.match(r"([A-Z]+) ", text)
        name = instruction.group(1).upper() if instruction else "RUN"
        if name != "ONBUILD":
            lines.append("%s %s" % (name, "empty" if entry.get("empty_layer") else "layer"))
    return lines


def differences(ours, theirs):
    (one, one_layers), (other, other_layers) = ours.config_and_layers(), theirs.config_and_layers()
    for field in CONFIG:
        values = [image.get("config", {}).get(field) or None for image in (one, other)]
        if field == "Labels":  # buildah adds its own
            values = [{k: v for k, v in (value or {}).items() if k != "io.buildah.version"} for value in values]
        if values[0] != values[1]:
            yield "config %s: %s | %s" % (field, json.dumps(values[0]), json.dumps(values[1]))
    for field in ("architecture", "os", "author"):
        if one.get(field, "") != other.get(field, ""):
            yield "config %s: %s | %s" % (field, one.get(field), other.get(field))
    for number, (a, b) in enumerate(itertools.zip_longest(history_of(one), history_of(other), fillvalue="none")):
        if a != b:
            yield "history %d: %s | %s" % (number, a, b)
    one, other = root_of(one_layers), root_of(other_layers)
    for path in sorted(set(one) | set(other)):
        if path not in one or path not in other:
            yield "%s only in the %s image" % (path, "first" if path in one else "second")
            continue
        for field in sorted(set(one[path]) | set(other[path])):
            a, b = one[path].get(field), other[path].get(field)
            if a != b:
                yield "%s %s: %s | %s" % (path, field, a, b)


known = []
if len(sys.argv) > 3:
    with open(sys.argv[3]) as lines:
        known = [re.compile(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
found = [line for line in differences(Image(sys.argv[1]), Image(sys.argv[2]))
         if not any(pattern.search(line) for pattern in known)]
print("\n".join(found))
sys.exit(1 if found else 0)
