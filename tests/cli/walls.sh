#!/usr/bin/env bash
# What the namespaces of a step with all ids refuse is refused in every other way, too: tests/sandbox/probe.cpp, run in RUN in
# each way. What a way allows beyond it is written here.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
need_base busybox
probe=$(dirname "$CBUILD")/../../tests/sandbox/sandbox_probe
check "the probe is built beside the program" test -x "$probe"
mkdir -p "$T/context"
cp "$probe" "$T/context/probe"
dockerfile <<'END'
FROM busybox
COPY probe /
RUN /probe && echo "descriptors $(ls /proc/self/fd 2>/dev/null | wc -l)" && grep -E '^(Cap|Seccomp:)' /proc/self/status || true
END
# facts WAY: "NAME OUTCOME" lines, in $T/facts-WAY
facts() {
  local root=(--root "$T/store-$1")
  exec 9</dev/null # of whoever calls cbuild: no step may see it
  isolated_by "$1" "$CBUILD" "${root[@]}" import "$CBUILD_BASES/busybox.tar" busybox >/dev/null 2>&1
  run isolated_by "$1" "$CBUILD" "${root[@]}" build --progress plain --no-cache "$T/context"
  exec 9<&-
  sed -nE 's/^#[0-9]+ [0-9.]+ //p' <<<"$err" | sort -u >"$T/facts-$1"
}
allowed() { grep ' ok$' "$T/facts-$1"; }

facts all-ids
check_less "the probe tries much" 30 "$(wc -l <"$T/facts-all-ids")" lines
# way, what it allows: names, or -
ways=('one-id mknod' 'masked -' 'masked-one-id mknod')
[[ $mode == user ]] || ways+=('chroot open:/etc/resolv.conf')
for row in "${ways[@]}"; do
  read -r way beyond <<<"$row"
  facts "$way"
  check_equal "$way: allows no more, but what is written" "${beyond/#-/}" \
    "$(comm -13 <(allowed all-ids) <(allowed "$way") | sed 's/ ok$//' | paste -sd ' ')"
  [[ $way != chroot ]] || continue # there is no /proc/self
  check_equal "$way: the capabilities and descriptors are the same" "$(grep -E '^(Cap|desc|Seccomp:)' "$T/facts-all-ids")" \
    "$(grep -E '^(Cap|desc|Seccomp:)' "$T/facts-$way")"
done
check_contains "no descriptor of the caller is seen" "$(cat "$T/facts-all-ids")" "descriptors 4"
finish
