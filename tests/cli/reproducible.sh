#!/usr/bin/env bash
# The same input gives the same image, to the bit, whenever and wherever it is built.
source "$(dirname "$0")/lib.sh"
dockerfile <<'END'
FROM busybox AS tool
RUN mkdir /made && echo tool > /made/tool && touch -d 2030-01-01 /made/late
FROM busybox
COPY --from=tool /made /made
COPY tree /tree
WORKDIR /a/b/c
RUN seq 1 1000 > numbers && ln numbers hard && for i in 3 1 2; do echo $i > file$i; done
LABEL z=1 a=2 m=3
ENV B=2 A=1
END
mkdir -p "$T/context/tree/"{z,a}/sub
echo 1 >"$T/context/tree/z/file" && echo 2 >"$T/context/tree/a/sub/file"

# once NUMBER: builds in a store of its own, from a copy of the context whose files are younger than the epoch.
once() {
  CBUILD_ROOT=$T/store$1
  export CBUILD_ROOT SOURCE_DATE_EPOCH=1700000000
  [[ $1 != 1 ]] || need_base busybox
  [[ $1 == 1 ]] || cbuild load -i "$T/base.tar" >/dev/null 2>&1
  cp -r "$T/context" "$T/context$1"
  find "$T/context$1" -exec touch -d "2024-01-0$1" {} +
  check "build $1" cbuild -q -t app "$T/context$1"
  check "OCI archive $1" cbuild save --format oci-archive -o "$T/archive$1.tar" app
  check "docker archive $1" cbuild save -o "$T/docker$1.tar" app
  [[ $1 != 1 ]] || cbuild save -o "$T/base.tar" busybox >/dev/null 2>&1
  id=$(image_id app)
  manifest=$(cbuild inspect --manifest app | sha256sum)
}
once 1
first=$id first_manifest=$manifest
sleep 1.1
once 2
check_equal "the same image ID" "$first" "$id"
check_equal "the same manifest" "$first_manifest" "$manifest"
check "the same OCI archive" cmp "$T/archive1.tar" "$T/archive2.tar"
check "the same docker archive" cmp "$T/docker1.tar" "$T/docker2.tar"
check_equal "created is the epoch" 2023-11-14T22:13:20Z "$(cbuild inspect --config app | json 'd["created"]')"
check_equal "no file made here is younger" 0 "$(printf 'FROM app\n' | cbuild -q -o type=tar,dest=- - | python3 -c '
import sys, tarfile
print(sum(e.mtime > 1700000000 for e in tarfile.open(fileobj=sys.stdin.buffer, mode="r|")
          if e.name.lstrip("./").split("/")[0] in ("made", "tree", "a")))')"
unset SOURCE_DATE_EPOCH
check "--timestamp" cbuild -q --no-cache --timestamp 1700000000 -t stamped "$T/context2"
check_equal "is the same" "$first" "$(image_id stamped)"
taskset -c 0 true 2>/dev/null && CBUILD_ROOT=$T/store3 && export CBUILD_ROOT && cbuild load -i "$T/base.tar" >/dev/null 2>&1 &&
  check "on one processor" taskset -c 0 "$CBUILD" -q --timestamp 1700000000 -t app "$T/context2" &&
  check_equal "also the same" "$first" "$(image_id app)"

ids=
for i in 1 2; do
  CBUILD_ROOT=$T/import$i SOURCE_DATE_EPOCH=1700000000 cbuild import "$CBUILD_BASES/busybox.tar" base >/dev/null 2>&1
  ids+=$(CBUILD_ROOT=$T/import$i image_id base)$'\n'
  sleep 1.1
done
check_equal "an imported base is the same" 1 "$(sort -u <<<"$ids" | grep -c .)"
finish
