#!/usr/bin/env bash
# Our layers, unpacked by umoci: owners, modes, links, attributes, deletions.
source "$(dirname "$0")/lib.sh"
command -v umoci >/dev/null || skip_all "no umoci"
cd "$T" || exit
python3 - <<'END'
import io, tarfile
long = "long-" + "x" * 120
with tarfile.open("base.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    def add(path, kind=tarfile.REGTYPE, mode=0o644, owner=(0, 0), data=b"", link="", xattrs=(), mtime=1500000000):
        info = tarfile.TarInfo(path)
        info.type, info.mode, (info.uid, info.gid), info.linkname = kind, mode, owner, link
        info.size, info.mtime = len(data), mtime
        info.pax_headers = {"SCHILY.xattr." + name: value for name, value in xattrs}
        tar.addfile(info, io.BytesIO(data))
    directory = tarfile.DIRTYPE
    for path in ("d", "d/gone", "d/opaque", "d/kept", "d/" + long):
        add(path, directory, 0o755)
    add("d/sticky", directory, 0o1777, (12, 34))
    add("d/a", mode=0o640, owner=(1001, 1002), data=b"aaa", xattrs=[("user.note", "marked")])
    add("d/setuid", mode=0o4755, data=b"s")
    add("d/h1", data=b"hard")
    add("d/h2", tarfile.LNKTYPE, link="d/h1")
    add("d/link", tarfile.SYMTYPE, 0o777, link="../d/a")
    add("d/absolute", tarfile.SYMTYPE, 0o777, (5, 6), link="/d/a")
    add("d/dangling", tarfile.SYMTYPE, 0o777, link="nowhere")
    add("d/fifo", tarfile.FIFOTYPE, 0o600)
    add("d/old", mtime=1, data=b"1970")
    add("d/big-id", owner=(50000, 60000))
    add("d/gone/x", data=b"x")
    add("d/opaque/old", data=b"x")
    add("d/removed", data=b"x")
    add("d/becomes-dir", data=b"x")
    add("d/becomes-file", directory, 0o755)
    add("d/becomes-file/inner", data=b"x")
    add("d/" + long + "/" + long, data=b"long")
    add("d/\u00fc\u4e2d", data=b"unicode")
END
check "imports" cbuild import base.tar base:1
need_base busybox
mkdir context
cp /bin/true context/probe
dockerfile <<'END'
FROM base:1
COPY --from=busybox /bin/busybox /bin/sh
COPY --from=busybox /bin/busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "cd /d && busybox rm -r gone removed opaque becomes-file becomes-dir && busybox mkdir opaque becomes-dir && busybox touch opaque/new && echo f > becomes-file && busybox chmod 0700 sticky && busybox ln h1 h3 && busybox mv kept moved && busybox chown 7:8 setuid"]
COPY probe /d/becomes-dir/
END
check "builds on it" cbuild -q -t layers "$T/context"
check "saves it" cbuild save --format oci-dir -o layout layers:latest
tag=$(json 'd["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]' <layout/index.json)
cat >list.sh <<'END'
cd "$1/rootfs/d" || exit
# overlayfs copies a file up before it links it: h2 keeps the old one to itself.
find . \( -type d -printf '%P %y %m %U:%G\n' \) -o -printf '%P %y %m %U:%G %s %n %l\n' | sed 's/x\{120\}/XX/g; s/ $//' | LC_ALL=C sort
getfattr -d -m user.note a 2>/dev/null | grep -v '^#' | grep .
stat -c %Y old
END
unpack() {
  if [[ $mode == root ]]; then
    umoci unpack --image "layout:$1" bundle && bash list.sh bundle
  else
    unshare --map-root-user --map-auto bash -c 'umoci unpack --image "layout:$1" bundle && bash list.sh bundle' - "$1"
  fi
}
check "umoci unpacks it" unpack "$tag"
check_equal "and finds what was built" " d 755 0:0
a f 640 1001:1002 3 1
absolute l 777 5:6 4 1 /d/a
becomes-dir d 755 0:0
becomes-dir/probe f 755 0:0 $(stat -c %s context/probe) 1
becomes-file f 644 0:0 2 1
big-id f 644 50000:60000 0 1
dangling l 777 0:0 7 1 nowhere
fifo p 600 0:0 0 1
h1 f 644 0:0 4 2
h2 f 644 0:0 4 1
h3 f 644 0:0 4 2
link l 777 0:0 6 1 ../d/a
long-XX d 755 0:0
long-XX/long-XX f 644 0:0 4 1
moved d 755 0:0
old f 644 0:0 4 1
opaque d 755 0:0
opaque/new f 644 0:0 0 1
setuid f 755 7:8 1 1
sticky d 700 12:34
$(printf '\303\274\344\270\255') f 644 0:0 7 1
user.note=\"marked\"
1" "$out"
check_equal "as our own export has it" \
  "$(files_of layers | awk '{ print $4 }' | sed -n 's#^\(\./\)\?d/##p' | sed 's/x\{120\}/XX/g; s#/$##' | LC_ALL=C grep -a '^[a-zA-Z]' | LC_ALL=C sort)" \
  "$(cut -d ' ' -f 1 <<<"$out" | LC_ALL=C grep -a '^[a-zA-Z]' | grep -v '^user.note' | LC_ALL=C sort)"
check "the layout is valid" python3 "$tests_dir/oci_schema.py" layout
finish
