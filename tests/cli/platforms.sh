#!/usr/bin/env bash
# Images for several platforms: one build, one index, and everything that is done with it.
source "$(dirname "$0")/lib.sh"
need_base busybox
peer_setup
here=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

# base NAME PLATFORM: an image of one file.
base() {
  rm -rf "$T/rootfs" && mkdir "$T/rootfs" && echo "$2" >"$T/rootfs/base"
  check "imports a base for $2" cbuild import --platform "$2" "$T/rootfs" "$1"
}
base base-amd64 linux/amd64
base base-arm64 linux/arm64
base base-arm linux/arm/v7
check_equal "an import is for the platform it is given" arm64 "$(cbuild inspect base-arm64 | json 'd[0]["Architecture"]')"

dockerfile <<'END'
FROM --platform=$BUILDPLATFORM busybox AS tool
RUN echo native > /tool; echo ran the tool stage
FROM base-$TARGETARCH AS app
ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM
COPY --from=tool /tool /tool
COPY <<EOF /args
$TARGETPLATFORM|$TARGETOS|$TARGETARCH|$TARGETVARIANT
EOF
ENV PLATFORM=$TARGETPLATFORM
LABEL l=1
END
all=linux/amd64,linux/arm64,linux/arm/v7
check "builds for three platforms" cbuild --progress plain --platform $all -t app --iidfile "$T/iid" \
  --metadata-file "$T/meta" "$T/context"
log=$err
check_equal "the native stage ran once" 1 "$(grep -cE '^#[0-9]+ [0-9.]+ ran the tool stage$' <<<"$log")"
check_equal "the native stage is one step" 1 "$(grep -c '^#[0-9]* \[.* tool 2/2\]' <<<"$log")"
check_contains "steps name their platform" "$log" "[linux/arm/v7 app 2/3] COPY --from=tool /tool /tool"
check_equal "one image in the list" 1 "$(cbuild images app --format json | json 'len(d)')"
check_equal "with its platforms" '["linux/amd64", "linux/arm64", "linux/arm/v7"]' \
  "$(cbuild images app --format json | json 'd[0]["Platforms"]')"
check_equal "the manifest is an index" application/vnd.oci.image.index.v1+json \
  "$(cbuild inspect --manifest app | json 'd["mediaType"]')"
check_equal "of manifests with platforms" '[["amd64", ""], ["arm64", ""], ["arm", "v7"]]' \
  "$(cbuild inspect --manifest app | json '[[m["platform"]["architecture"], m["platform"].get("variant", "")] for m in d["manifests"]]')"
id=$(cbuild inspect --manifest app | sha256sum | cut -d ' ' -f 1)
check_equal "its digest is the image ID" "sha256:$id" "$(image_id app)"
check_equal "and in the iidfile, without newline" "sha256:$id" "$(cat "$T/iid")$(tail -c 1 "$T/iid" | tr -d '0-9a-f')"
check_equal "and in the metadata" "sha256:$id" "$(json 'd["containerimage.digest"]' <"$T/meta")"
check_equal "an index has no config digest" False "$(json '"containerimage.config.digest" in d' <"$T/meta")"
for platform in linux/amd64 linux/arm64 linux/arm/v7; do
  check_equal "the config of $platform" "PLATFORM=$platform" \
    "$(cbuild inspect --platform $platform app | json 'd[0]["Config"]["Env"][-1]')"
done
check_equal "variant only where there is one" '[null, "v7"]' "$(
  for p in arm64 arm/v7; do cbuild inspect --config --platform linux/$p app | json 'd.get("variant")'; done | tr '\n' ' ' |
    sed 's/None/null/; s/\(.*\) \(.*\) /[\1, "\2"]/')"
check_contains "history of one platform" "$(cbuild history --no-trunc --platform linux/arm64 app)" "ENV PLATFORM=linux/arm64"
printf 'FROM --platform=$BUILDPLATFORM busybox\n' | dockerfile "$T/native"
check "builds on a base for this machine" cbuild -q --platform linux/arm64 -t native "$T/native"
check_equal "what was asked for is what the image says" arm64 "$(cbuild inspect --config native | json 'd["architecture"]')"
check "one platform can be asked to be one of several" cbuild -q --build-arg BUILDKIT_MULTI_PLATFORM=1 -t alone "$T/native"
check_equal "which is an index" 1 "$(cbuild inspect --manifest alone | json 'len(d["manifests"])')"
check_status "a platform that it has not" 2 cbuild inspect --platform linux/s390x app
check "builds again" cbuild --progress plain --platform $all -t app "$T/context"
check_equal "from the cache, to the same" "sha256:$id" "$(image_id app)"
check_lacks "and runs nothing" "$err" DONE

# --- out of the store and into another one
check "tags" cbuild tag app other:1
check "an OCI archive" cbuild save --format oci-archive -o "$T/app.tar" other:1
check_equal "which skopeo reads" 3 "$(skopeo inspect --raw "oci-archive:$T/app.tar" | json 'len(d["manifests"])')"
check "a docker archive holds this machine's image for old readers" cbuild save -o "$T/docker.tar" app
check_equal "as one image" 1 "$(tar xOf "$T/docker.tar" manifest.json | json 'len(d)')"
check_equal "for this machine" $here "$(skopeo inspect "docker-archive:$T/docker.tar" | json 'd["Architecture"]')"
check "an OCI layout" cbuild --platform $all -o "type=oci,tar=false,dest=$T/layout" "$T/context"
check "which skopeo copies whole" skopeo copy -q --all "oci:$T/layout" "dir:$T/copied"
check_equal "index and manifests" 4 "$(find "$T/copied" -name '*manifest.json' | wc -l)"
for archive in app.tar docker.tar; do
  check "loads $archive" cbuild --root "$T/second-$archive" load -i "$T/$archive"
  check_equal "with all platforms" 3 \
    "$(cbuild --root "$T/second-$archive" images --format json | json 'len(d[0]["Platforms"])')"
done
check_equal "files of all platforms in directories" 'linux_amd64 linux_arm64 linux_arm_v7' \
  "$(cbuild -q --platform $all -o "$T/files" "$T/context" >/dev/null && ls "$T/files" | tr '\n' ' ' | sed 's/ $//')"
check_equal "each its own" 'linux/arm/v7|linux|arm|v7' "$(cat "$T/files/linux_arm_v7/args")"
check_equal "which the native stage is part of" native "$(cat "$T/files/linux_arm64/tool")"
check_equal "and in a tar" 'linux/arm64|linux|arm64|' \
  "$(cbuild -q --platform $all -o - "$T/context" | tar xO linux_arm64/args)"
check "one platform" cbuild --platform linux/arm64 -o "type=local,platform-split=true,dest=$T/one" "$T/context"
check_equal "may have its directory too" linux/arm64 "$(cat "$T/one/linux_arm64/base")"
check_status "but not thrown together" 4 cbuild --platform $all -o "type=local,dest=$T/merged,platform-split=false" "$T/context"
check_contains "since files collide" "$err" "already exists"
check "leaving nothing" test ! -e "$T/merged"
check_status "a docker archive of several is refused" 2 cbuild --platform $all -o "type=docker,dest=$T/x" "$T/context"
check_contains "with what to use" "$err" "type=oci"

start_registry
check "pushes" cbuild tag app "$registry/app:1"
check "all of it" cbuild push "$registry/app:1"
check_equal "as an index" 3 "$(skopeo inspect --raw --tls-verify=false "docker://$registry/app:1" | json 'len(d["manifests"])')"
check_equal "with compressed layers" application/vnd.oci.image.layer.v1.tar+gzip \
  "$(skopeo --override-arch arm64 --override-os linux inspect --raw --tls-verify=false "docker://$registry/app@$(
    skopeo inspect --raw --tls-verify=false "docker://$registry/app:1" | json 'd["manifests"][1]["digest"]')" | json 'd["layers"][0]["mediaType"]')"
check "pulls one platform" cbuild --root "$T/third" pull --platform linux/arm64 "$registry/app:1"
check_equal "that one" arm64 "$(cbuild --root "$T/third" inspect "$registry/app:1" | json 'd[0]["Architecture"]')"
check "build and push at once" cbuild --platform $all -t "$registry/app:2" --push --metadata-file "$T/meta" "$T/context"
check_equal "the metadata have the digest of the registry" "$(json 'd["containerimage.digest"]' <"$T/meta")" \
  "$(skopeo inspect --raw --tls-verify=false "docker://$registry/app:2" | sha256sum | sed 's/^\(.*\)  -/sha256:\1/')"

# --- as a base
dockerfile "$T/next" <<'END'
FROM app
COPY --from=app /args /again
END
check "an index is a base for each of its platforms" cbuild --platform linux/arm64,linux/arm -t next "$T/next"
check_equal "arm is arm/v7" v7 "$(cbuild inspect --config --platform linux/arm next | json 'd["variant"]')"
check "and for a near one" cbuild --platform linux/arm/v8 -t near "$T/next"
check_equal "which is what was asked for" 'v8' "$(cbuild inspect --config near | json 'd["variant"]')"
check "names where a registry can be asked" cbuild tag app "$registry/absent"
check "for one platform, too" cbuild tag base-arm64 "$registry/absent-arm64"
printf 'FROM %s/absent\n' "$registry" | dockerfile "$T/next"
check_status "but not for a strange one" 3 cbuild --platform linux/s390x "$T/next"
check_contains "which it says" "$err" "the store has $registry/absent:latest for linux/"
printf 'FROM %s/absent-arm64\n' "$registry" | dockerfile "$T/next"
check_status "a base of another platform is not taken by its name" 3 cbuild --platform linux/s390x "$T/next"
check_contains "and it says why" "$err" "the store has $registry/absent-arm64:latest for linux/arm64, not for linux/s390x"
check "rmi takes all of it" cbuild rmi app other:1 "$registry/absent" "$registry/app:1" "$registry/app:2"
check_store "what is left is whole"

# --- RUN for another processor
mkdir -p "$T/foreign"
python3 "$tests_dir/arm64_program.py" "$T/foreign/make" && chmod 755 "$T/foreign/make"
printf 'FROM scratch\nCOPY make /make\nRUN ["/make"]\n' | dockerfile "$T/foreign"
if [[ $here == arm64 ]]; then
  skip "RUN for arm64" "native here"
elif grep -lqs '^enabled' /proc/sys/fs/binfmt_misc/qemu-aarch64 || { [[ -e /usr/lib/binfmt.d/qemu-aarch64.conf ]] &&
  unshare -U -r -m mount -t binfmt_misc none /mnt 2>/dev/null; }; then
  check "RUN for arm64 is emulated" cbuild --platform linux/arm64 -t foreign "$T/foreign"
  check_equal "and does its work" arm64 "$(cbuild -q --platform linux/arm64 -o - "$T/foreign" | tar xO made)"
  check_equal "leaving only that" "made make " \
    "$(cbuild -q --platform linux/arm64 -o - "$T/foreign" | tar t | sort | tr '\n' ' ')"
else
  check_status "RUN for arm64 needs an emulator" 4 cbuild --platform linux/arm64 "$T/foreign"
fi
printf 'FROM scratch\nCOPY make /make\nRUN ["/make", "z80"]\n' | dockerfile "$T/foreign"
check_status "RUN for what nobody emulates" 4 cbuild --progress plain --platform linux/z80 "$T/foreign"
check_contains "says for what" "$err" "RUN for linux/z80 cannot be executed on this linux/$here machine"
check_contains "and what to install" "$err" "apt-get install qemu-user-static binfmt-support"
check_contains "and shows the line" "$err" 'RUN ["/make", "z80"]'
check_lacks "before anything runs" "$err" "DONE"
finish
