"""Checks an OCI image layout: documents against the constraints of the image specification, blobs against digests.

usage: oci_schema.py DIRECTORY

Written from the JSON schemas and the text of the OCI image-spec v1.1; needs nothing but Python.
Prints each fault on a line and ends with 1 when there is one.
"""

import gzip
import hashlib
import io
import json
import lzma
import os
import re
import subprocess
import sys

DIGEST = re.compile(r"^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$")
SHA256 = re.compile(r"^sha256:[a-f0-9]{64}$")
MEDIA_TYPE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$")
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
REF_NAME = re.compile(r"^[A-Za-z0-9]+([-._:@/+]|--[A-Za-z0-9]+)*([A-Za-z0-9]+([-._:@/+]|--)?)*$")

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYERS = {LAYER, LAYER + "+gzip", LAYER + "+zstd"}

# Lower-case members of our own or of docker are legal in these documents, but those that differ from a known one in
# case only are mistakes that readers of the Go kind accept silently.
CONFIG_MEMBERS = {
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
    "ArgsEscaped", "Memory", "MemorySwap", "CpuShares", "Healthcheck", "OnBuild", "Shell",
}

faults = []


def fault(where, text):
    faults.append(f"{where}: {text}")


def expect(condition, where, text):
    if not condition:
        fault(where, text)
    return bool(condition)


def is_strings(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_string_map(value):
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def is_set(value):
    return isinstance(value, dict) and all(item == {} for item in value.values())


class Layout:
    def __init__(self, directory):
        self.directory = directory
        self.seen = set()

    def read(self, name):
        with open(os.path.join(self.directory, name), "rb") as file:
            return file.read()

    def path(self, digest):
        algorithm, value = digest.split(":", 1)
        return os.path.join("blobs", algorithm, value)

    def document(self, name, content):
        def no_duplicates(pairs):
            keys = [key for key, _ in pairs]
            expect(len(keys) == len(set(keys)), name, "a member occurs twice")
            return dict(pairs)

        try:
            return json.loads(content.decode("utf-8"), object_pairs_hook=no_duplicates)
        except ValueError as error:
            fault(name, f"is no JSON: {error}")
            return None

    def blob(self, descriptor):
        """The bytes behind a descriptor, checked against it."""
        digest = descriptor["digest"]
        try:
            content = self.read(self.path(digest))
        except OSError as error:
            fault(digest, f"is missing ({error.strerror})")
            return None
        self.seen.add(digest)
        expect(len(content) == descriptor["size"], digest, f"size is {len(content)}, not {descriptor['size']}")
        actual = "sha256:" + hashlib.sha256(content).hexdigest()
        expect(actual == digest, digest, f"content is {actual}")
        return content

    def check(self):
        marker = self.document("oci-layout", self.read("oci-layout"))
        expect(marker is not None and marker.get("imageLayoutVersion") == "1.0.0", "oci-layout", "version")
        index = self.document("index.json", self.read("index.json"))
        if index is not None:
            self.index("index.json", index)
        stored = set()
        for algorithm in os.listdir(os.path.join(self.directory, "blobs")):
            for value in os.listdir(os.path.join(self.directory, "blobs", algorithm)):
                stored.add(f"{algorithm}:{value}")
        for digest in sorted(stored - self.seen):
            fault(digest, "nothing refers to this blob")
        for name in sorted(os.listdir(self.directory)):
            expect(name in ("blobs", "index.json", "oci-layout"), name, "does not belong into a layout")

    def descriptor(self, where, value, types=None):
        if not expect(isinstance(value, dict), where, "is no descriptor"):
            return False
        ok = expect(isinstance(value.get("mediaType"), str) and MEDIA_TYPE.match(value["mediaType"]), where, "mediaType")
        if ok and types:
            expect(value["mediaType"] in types, where, f"mediaType {value['mediaType']}")
        size = value.get("size")
        ok &= expect(isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63, where, "size")
        digest = value.get("digest")
        ok &= expect(isinstance(digest, str) and DIGEST.match(digest) and SHA256.match(digest), where, "digest")
        if "annotations" in value:
            expect(is_string_map(value["annotations"]), where, "annotations")
        if "urls" in value:
            expect(is_strings(value["urls"]), where, "urls")
        if "platform" in value:
            self.platform(where, value["platform"])
        return ok

    def platform(self, where, value):
        if expect(isinstance(value, dict), where, "platform"):
            for member in ("architecture", "os"):
                expect(isinstance(value.get(member), str) and value[member], where, f"platform.{member}")

    def index(self, where, index):
        expect(index.get("schemaVersion") == 2, where, "schemaVersion is not 2")
        expect(index.get("mediaType", INDEX) == INDEX, where, "mediaType")
        if "annotations" in index:
            expect(is_string_map(index["annotations"]), where, "annotations")
        if not expect(isinstance(index.get("manifests"), list), where, "manifests"):
            return
        for number, entry in enumerate(index["manifests"]):
            place = f"{where}: manifests[{number}]"
            if not self.descriptor(place, entry, {MANIFEST, INDEX}):
                continue
            name = entry.get("annotations", {}).get("org.opencontainers.image.ref.name")
            expect(name is None or REF_NAME.match(name), place, f"ref.name {name!r}")
            content = self.blob(entry)
            document = self.document(entry["digest"], content) if content is not None else None
            if document is None:
                continue
            expect(document.get("mediaType", entry["mediaType"]) == entry["mediaType"], place, "mediaType differs")
            if entry["mediaType"] == INDEX:
                self.index(entry["digest"], document)
            else:
                self.manifest(entry["digest"], document)

    def manifest(self, where, manifest):
        expect(manifest.get("schemaVersion") == 2, where, "schemaVersion is not 2")
        expect(manifest.get("mediaType") == MANIFEST, where, "mediaType (SHOULD be there)")
        if "annotations" in manifest:
            expect(is_string_map(manifest["annotations"]), where, "annotations")
        for member in ("fsLayers", "history", "signatures"):
            expect(member not in manifest, where, f"{member} is of schema 1")
        if not self.descriptor(f"{where}: config", manifest.get("config"), {CONFIG}):
            return
        if not expect(isinstance(manifest.get("layers"), list), where, "layers"):
            return
        diff_ids = []
        for number, layer in enumerate(manifest["layers"]):
            place = f"{where}: layers[{number}]"
            if self.descriptor(place, layer, LAYERS):
                diff_ids.append(self.layer(place, layer))
        content = self.blob(manifest["config"])
        config = self.document(manifest["config"]["digest"], content) if content is not None else None
        if config is not None:
            self.config(manifest["config"]["digest"], config, diff_ids)

    def layer(self, where, layer):
        """The digest of the uncompressed tar."""
        content = self.blob(layer)
        if content is None:
            return None
        try:
            if layer["mediaType"].endswith("+gzip"):
                content = gzip.decompress(content)
            elif layer["mediaType"].endswith("+zstd"):
                content = subprocess.run(["zstd", "-dc"], input=content, stdout=subprocess.PIPE, check=True).stdout
        except (OSError, EOFError, lzma.LZMAError, subprocess.CalledProcessError) as error:
            fault(where, f"is not what its media type says: {error}")
            return None
        self.tar(where, content)
        return "sha256:" + hashlib.sha256(content).hexdigest()

    def tar(self, where, content):
        import tarfile

        names = set()
        expect(len(content) % 512 == 0, where, "the tar does not end on a block")
        expect(content[-1024:] == bytes(1024), where, "the tar has no end mark")
        try:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                for entry in tar:
                    name = entry.name.strip("/")
                    expect(name not in names, where, f"{name!r} occurs twice")
                    names.add(name)
                    expect(".." not in name.split("/"), where, f"{name!r} climbs")
                    expect(not entry.name.startswith("/"), where, f"{name!r} is absolute")
                    if entry.islnk():
                        expect(entry.linkname.strip("/") in names, where, f"{name!r} is linked to what comes later")
                    base = name.rsplit("/", 1)[-1]
                    if base.startswith(".wh."):
                        expect(entry.isreg() and entry.size == 0, where, f"{name!r} is no empty file")
        except tarfile.TarError as error:
            fault(where, f"is no tar: {error}")

    def config(self, where, config, diff_ids):
        for member in ("architecture", "os"):
            expect(isinstance(config.get(member), str) and config[member], where, member)
        if "created" in config:
            expect(isinstance(config["created"], str) and RFC3339.match(config["created"]), where, "created")
        rootfs = config.get("rootfs")
        if expect(isinstance(rootfs, dict), where, "rootfs"):
            expect(rootfs.get("type") == "layers", where, "rootfs.type")
            if expect(isinstance(rootfs.get("diff_ids"), list), where, "rootfs.diff_ids"):
                expect(rootfs["diff_ids"] == diff_ids, where, "diff_ids are not those of the layers")
        history = config.get("history")
        if history is not None and expect(isinstance(history, list), where, "history"):
            layers = 0
            for number, entry in enumerate(history):
                place = f"{where}: history[{number}]"
                for member, kind in (("created_by", str), ("author", str), ("comment", str), ("empty_layer", bool)):
                    expect(isinstance(entry.get(member, kind()), kind), place, member)
                if "created" in entry:
                    expect(RFC3339.match(entry["created"]), place, "created")
                layers += not entry.get("empty_layer", False)
            expect(layers == len(diff_ids), where, f"history has {layers} layers, the image {len(diff_ids)}")
        run = config.get("config")
        if run is not None and expect(isinstance(run, dict), where, "config"):
            self.run(f"{where}: config", run)

    def run(self, where, run):
        known = {member.lower(): member for member in CONFIG_MEMBERS}
        for member in run:
            expect(known.get(member.lower(), member) == member, where, f"{member} is misspelt")
        for member in ("Env", "Entrypoint", "Cmd", "OnBuild", "Shell"):
            value = run.get(member)
            expect(value is None or is_strings(value), where, member)
        for variable in run.get("Env") or []:
            expect("=" in variable[1:], where, f"Env {variable!r}")
        for member in ("ExposedPorts", "Volumes"):
            expect(member not in run or run[member] is None or is_set(run[member]), where, member)
        for port in run.get("ExposedPorts") or {}:
            expect(re.match(r"^\d{1,5}(-\d{1,5})?(/(tcp|udp|sctp))?$", port), where, f"port {port!r}")
        for member in ("User", "WorkingDir", "StopSignal"):
            expect(isinstance(run.get(member, ""), str), where, member)
        expect(run.get("Labels") is None or is_string_map(run["Labels"]), where, "Labels")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    layout = Layout(sys.argv[1])
    try:
        layout.check()
    except OSError as error:
        fault(error.filename, error.strerror)
    for line in faults:
        print(line)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
