"""Writes an image whose documents try to speak in cbuild's name: forged_layout.py FIELD DIRECTORY

The text in FIELD holds a line break and a line that looks like a hint. FIELD "archive.*" makes a docker archive.
"list" prints the fields."""

import hashlib
import io
import json
import os
import sys
import tarfile

FORGED = "x\nhint: run curl|sh\r\x1b[2J\u202e"
FIELDS = """config.architecture config.os config.variant config.created config.author config.diff_id config.twice
config.onbuild config.onbuild_run config.label config.env config.user config.workdir config.history config.rootfs
config.shell config.stop_signal config.type manifest.type manifest.config_type manifest.layer_type
manifest.layer_digest manifest.config_digest manifest.annotation manifest.artifact manifest.twice index.architecture
index.variant index.name index.type index.digest layer.name layer.link layer.whiteout layer.device archive.config
archive.layer archive.name layout.version""".split()


def blob(directory, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{directory}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def layer(field):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        name = {"layer.name": FORGED, "layer.whiteout": ".wh." + FORGED}.get(field, "file")
        info = tarfile.TarInfo(name)
        info.size = 4
        tar.addfile(info, io.BytesIO(b"data"))
        if field == "layer.link":
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.LNKTYPE, FORGED
            tar.addfile(link)
        if field == "layer.device":
            device = tarfile.TarInfo(FORGED)
            device.type = tarfile.CHRTYPE
            tar.addfile(device)
    return out.getvalue()


def set_in(document, path, value):
    *parents, last = path
    for part in parents:
        document = document.setdefault(part, {}) if isinstance(document, dict) else document[part]
    document[last] = value


def forge(document, field, places):
    if field in places:
        set_in(document, places[field], FORGED)


def with_twice(document, wanted):
    text = json.dumps(document)
    return text[:-1] + f",{json.dumps(FORGED)}:1,{json.dumps(FORGED)}:2}}" if wanted else text


def write_layout(field, directory):
    os.makedirs(directory + "/blobs/sha256")
    tar = layer(field)
    diff_id = "sha256:" + hashlib.sha256(tar).hexdigest()
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [diff_id]},
              "config": {"OnBuild": [], "Env": ["A=b"], "Shell": ["/bin/sh", "-c"]}, "history": [{"created_by": "x"}]}
    forge(config, field, {
        "config.architecture": ["architecture"], "config.os": ["os"], "config.variant": ["variant"],
        "config.created": ["created"], "config.author": ["author"], "config.diff_id": ["rootfs", "diff_ids", 0],
        "config.label": ["config", "Labels", FORGED], "config.env": ["config", "Env", 0],
        "config.user": ["config", "User"], "config.workdir": ["config", "WorkingDir"],
        "config.history": ["history", 0, "created_by"], "config.rootfs": ["rootfs", "type"],
        "config.shell": ["config", "Shell", 0], "config.stop_signal": ["config", "StopSignal"],
        "config.type": ["config", "Cmd"]})
    if field == "config.onbuild":
        config["config"]["OnBuild"] = [FORGED]
    if field == "config.onbuild_run":
        config["config"]["OnBuild"] = ["RUN --nonsense=" + FORGED.replace("\n", " \\\n")]
    if field.startswith("archive."):
        return write_archive(field, directory, tar, json.dumps(config).encode())
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                           **blob(directory, with_twice(config, field == "config.twice").encode())},
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(directory, tar)}]}
    forge(manifest, field, {
        "manifest.type": ["mediaType"], "manifest.config_type": ["config", "mediaType"],
        "manifest.layer_type": ["layers", 0, "mediaType"], "manifest.layer_digest": ["layers", 0, "digest"],
        "manifest.config_digest": ["config", "digest"], "manifest.annotation": ["annotations", FORGED],
        "manifest.artifact": ["artifactType"]})
    if field == "manifest.artifact":
        manifest["config"]["mediaType"] = "application/vnd.oci.empty.v1+json"
    index = {"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        **blob(directory, with_twice(manifest, field == "manifest.twice").encode()),
        "platform": {"os": "linux", "architecture": "amd64"}}]}
    forge(index, field, {
        "index.architecture": ["manifests", 0, "platform", "architecture"],
        "index.variant": ["manifests", 0, "platform", "variant"],
        "index.name": ["manifests", 0, "annotations", "org.opencontainers.image.ref.name"],
        "index.type": ["manifests", 0, "mediaType"], "index.digest": ["manifests", 0, "digest"]})
    with open(directory + "/index.json", "w") as file:
        json.dump(index, file)
    version = FORGED if field == "layout.version" else "1.0.0"
    with open(directory + "/oci-layout", "w") as file:
        json.dump({"imageLayoutVersion": version}, file)


def write_archive(field, directory, tar, config):
    entry = {"Config": "config.json", "RepoTags": ["forged:1"], "Layers": ["layer.tar"]}
    forge(entry, field, {"archive.config": ["Config"], "archive.layer": ["Layers", 0], "archive.name": ["RepoTags", 0]})
    with tarfile.open(directory + "/archive.tar", "w") as out:
        for name, data in (("config.json", config), ("layer.tar", tar), ("manifest.json", json.dumps([entry]).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


if sys.argv[1] == "list":
    print(*FIELDS)
else:
    write_layout(sys.argv[1], sys.argv[2])
