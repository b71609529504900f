#!/usr/bin/env bash
# Whiteouts that delete nothing: no command shows their names, and images that hold them can be copied and exported.
source "$(dirname "$0")/lib.sh"
need_base busybox

# layout DIRECTORY: an OCI layout of one image. Each line of standard input is a layer: names, directories with a slash.
layout() {
  python3 -c '
import hashlib, io, json, os, sys, tarfile
top = sys.argv[1]
os.makedirs(f"{top}/blobs/sha256", exist_ok=True)
def put(data, kind):
    digest = hashlib.sha256(data).hexdigest()
    open(f"{top}/blobs/sha256/{digest}", "wb").write(data)
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}
layers = []
for line in sys.stdin:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in line.split():
            if name.endswith(".tar"):
                for member in tarfile.open(name): tar.addfile(member, tarfile.open(name).extractfile(member) if member.isfile() else None)
                continue
            info = tarfile.TarInfo(name.rstrip("/"))
            info.type, info.mode = (tarfile.DIRTYPE, 0o755) if name.endswith("/") else (tarfile.REGTYPE, 0o644)
            tar.addfile(info)
    layers.append(put(buffer.getvalue(), "layer.v1.tar"))
config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [l["digest"] for l in layers]}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": put(json.dumps(config).encode(), "config.v1+json"), "layers": layers}
index = {"schemaVersion": 2, "manifests": [put(json.dumps(manifest).encode(), "manifest.v1+json")]}
json.dump(index, open(f"{top}/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(f"{top}/oci-layout", "w"))' "$1"
}

printf 'FROM busybox\n' | cbuild build -q -o type=tar,dest="$T/busybox.tar" - >/dev/null
layout "$T/ghosts" <<END
.wh.never d/ d/.wh.never d/f $T/busybox.tar
d/ d/.wh.f d/g only/ only/.wh.never only/here only/sub/.wh.never no/such/.wh.never
last/.wh.never opaque/ opaque/.wh.never opaque/.wh..wh..opq opaque/f no/such/.wh.other
END
layout "$T/one" <<END
.wh.never d/ d/.wh.never d/f
END
mkdir -p "$T/context"
cd "$T/context" || exit
real=$'d\nd/g\nlast\nno\nno/such\nonly\nonly/here\nonly/sub\nopaque\nopaque/f'
of_interest() { sed -E 's#^\./##; s#/$##' | grep -E '^(d|last|no|only|opaque|never)(/|$)' | sort; }

dockerfile . <<'END'
FROM ghosts
END
check "-o type=tar" cbuild build -q --build-context ghosts=oci-layout://$T/ghosts -o type=tar,dest=out.tar .
check_equal "holds what is there" "$real" "$(tar tf out.tar | of_interest)"
check "-o type=local" cbuild build -q --build-context ghosts=oci-layout://$T/ghosts -o type=local,dest=out .
check_equal "holds what is there, too" "$real" "$(cd out && find . | of_interest)"
rm -rf out out.tar

dockerfile . <<'END'
FROM ghosts
RUN find /d /last /no /only /opaque > /found 2> /complaints
RUN find / -xdev > /dev/null 2>> /complaints; cat /complaints
RUN --mount=from=ghosts,target=/mounted find /mounted/d /mounted/only 2>> /complaints && cp -a /mounted/only /taken 2>> /complaints
RUN --mount=type=cache,target=/c,from=ghosts,source=/only find /c > /cache 2>> /complaints
RUN rm -r /only /no /opaque 2>> /complaints
END
check "RUN" cbuild build --build-context ghosts=oci-layout://$T/ghosts -t ran .
check_equal "sees what is there" "$real" "$(file_of ran /found | sed 's#^/##' | of_interest)"
check_equal "and complains about nothing" "" "$(file_of ran /complaints)"
check_equal "what it removed is gone" $'d\nd/g\nlast' "$(files_of ran | awk '{print $4}' | of_interest)"

dockerfile . <<'END'
FROM scratch
COPY --from=ghosts / /
COPY --from=ghosts /only /copied
COPY --from=ghosts --parents /no/*/* /parents/
COPY --from=ghosts /only/* /matched/
COPY --link --from=ghosts /d /d
END
check "COPY --from" cbuild build --build-context ghosts=oci-layout://$T/ghosts -t copied .
check_equal "takes what is there" "$real" "$(files_of copied | awk '{print $4}' | of_interest)"
check_equal "and nothing else" "" "$(files_of copied | grep -e never -e other)"

dockerfile . <<'END'
FROM scratch
COPY --from=one / /copy/
END
check "an image of one layer" cbuild build --build-context one=oci-layout://$T/one -t single .
check_equal "is copied without its whiteouts" $'copy/\ncopy/d/\ncopy/d/f' "$(files_of single | awk '{print $4}')"
dockerfile . <<'END'
FROM one
END
check "and exported" cbuild build -q --build-context one=oci-layout://$T/one -o type=tar,dest=out.tar .
check_equal "without them, too" $'d/\nd/f' "$(tar tf out.tar)"
check "verify takes what was dropped for no damage" cbuild verify
finish
