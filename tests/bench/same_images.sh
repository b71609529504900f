#!/usr/bin/env bash
# Builds every case of testdata/compare with two programs, each with an empty store of its own, and compares exit codes
# and image IDs: a change that is to change no image changes none.
#
#   tests/bench/same_images.sh OLD_CBUILD NEW_CBUILD
#
# Wants the busybox base of scripts/base-images.sh. The last line is "N the same, N different"; the exit code says whether
# all are.
set -uo pipefail
[[ $# == 2 && -x $1 && -x $2 ]] || {
  echo "usage: tests/bench/same_images.sh OLD_CBUILD NEW_CBUILD" >&2
  exit 2
}
old=$(readlink -f "$1") new=$(readlink -f "$2")
cases=$(cd "$(dirname "$0")/../../testdata/compare" && pwd)
if [[ $EUID == 0 ]]; then
  bases=${CBUILD_BASES:-/var/tmp/cbuild-bases}
else
  bases=${CBUILD_BASES:-${XDG_CACHE_HOME:-$HOME/.cache}/cbuild-bases}
fi
place=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-same.XXXXXX")
# The layers of a store belong to subordinate ids.
trap 'rm -rf "$place" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$place"' EXIT
export SOURCE_DATE_EPOCH=1700000000 HOME=$place

# build PROGRAM NAME OPTION…: "CODE ID" of the image of a case.
build() {
  local program=$1 name=$2 id
  shift 2
  id=$("$program" --root "$place/store-${program//\//_}" build -q "$@" "$place/$name" 2>"$place/log")
  echo "$? $id"
}

for program in "$old" "$new"; do
  "$program" --root "$place/store-${program//\//_}" import "$bases/busybox.tar" busybox >/dev/null || exit 2
done
same=0 different=0
for directory in "$cases"/*/; do
  name=$(basename "$directory")
  cp -a "$directory" "$place/$name"
  options=()
  [[ ! -e $place/$name/options ]] || read -ra options <"$place/$name/options"
  rm -f "$place/$name/options" "$place/$name/differences"
  if [[ -e $place/$name/prepare.sh ]]; then
    (cd "$place/$name" && bash prepare.sh) || echo "$name: prepare.sh failed" >&2
    rm "$place/$name/prepare.sh"
  fi
  before=$(build "$old" "$name" "${options[@]}")
  after=$(build "$new" "$name" "${options[@]}")
  if [[ $before == "$after" ]]; then
    same=$((same + 1))
  else
    different=$((different + 1))
    echo "$name: $before, now $after"
    sed 's/^/  /' "$place/log"
  fi
done
echo "$same the same, $different different"
[[ $different == 0 ]]
