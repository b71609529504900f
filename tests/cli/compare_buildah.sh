#!/usr/bin/env bash
# Builds every case of testdata/compare with cbuild and with buildah, and compares config, history and root file system.
# A case is a directory: Dockerfile, files, and if need be prepare.sh (what git cannot keep: run in a copy of the case),
# options (of both programs), differences (known ones: see compare_images.py). Those of all cases are
# in testdata/compare/differences.
source "$(dirname "$0")/lib.sh"
for program in skopeo buildah; do command -v $program >/dev/null || skip_all "no $program"; done
[[ $mode == root ]] || skip_all "buildah is compared as root"
peer_setup
export BUILDAH_FORMAT=docker  # the only one in which it knows ONBUILD, SHELL and HEALTHCHECK
need_base busybox
cbuild save --format oci-archive -o "$T/busybox.tar" busybox:latest 2>/dev/null
check "buildah has the same base" skopeo copy "oci-archive:$T/busybox.tar" containers-storage:docker.io/library/busybox:latest

mkdir "$T/cases"
cases=()
for directory in "$source_dir"/testdata/compare/*/; do
  name=$(basename "$directory")
  cases+=("$name")
  mkdir "$T/cases/$name"
  cp -a "$directory" "$T/cases/$name/context"
  cd "$T/cases/$name/context" || exit
  [[ ! -e differences ]] || mv differences ..
  [[ ! -e options ]] || mv options ..
  if [[ -e prepare.sh ]]; then
    bash prepare.sh || not_ok "$name: is prepared"
    rm prepare.sh
  fi
  cat "$source_dir/testdata/compare/differences" ../differences >../known 2>/dev/null
done
cd "$T" || exit

# theirs CASE: buildah's image of it in the directory "theirs". It is slow, so several run side by side.
theirs() {
  cd "$T/cases/$1" || return
  local options=()
  [[ ! -e options ]] || read -ra options <options
  buildah bud -q --layers --no-cache --pull=never "${options[@]}" -t "compare-$1" context &&
    buildah push -q "compare-$1" "dir:$PWD/theirs"
} >"$T/cases/$1/log" 2>&1
export -f theirs
export T
printf '%s\0' "${cases[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'theirs "$1"' bash

for name in "${cases[@]}"; do
  cd "$T/cases/$name" || exit
  options=()
  [[ ! -e options ]] || read -ra options <options
  check "$name: cbuild builds it" cbuild -q "${options[@]}" -o "type=oci,dest=ours.tar" context
  if [[ -e theirs/manifest.json ]]; then
    check "$name: as buildah does" python3 "$tests_dir/compare_images.py" ours.tar theirs known
  else
    not_ok "$name: buildah builds it"
    _quote <log
  fi
done
finish
