#!/usr/bin/env bash
# Builds every case of testdata/compare with cbuild and with buildah, and compares config and root file system.
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

for case in "$source_dir"/testdata/compare/*/; do
  name=$(basename "$case")
  context=$T/compare/$name
  mkdir -p "$T/compare" && cp -a "$case" "$context"
  rm -f "$context/differences" "$context/options"
  if [[ -e $context/prepare.sh ]]; then
    (cd "$context" && bash prepare.sh) || not_ok "$name: is prepared"
    rm -f "$context/prepare.sh"
  fi
  options=()
  [[ ! -e $case/options ]] || read -ra options <"$case/options"
  check "$name: cbuild builds it" cbuild -q "${options[@]}" -o "type=oci,dest=$T/ours.tar" "$context"
  check "$name: buildah builds it" buildah bud -q --layers=false --pull=never "${options[@]}" -t "compare-$name" "$context"
  rm -rf "$T/theirs"
  check "$name: and writes it" buildah push -q "compare-$name" "oci:$T/theirs"
  cat "$source_dir/testdata/compare/differences" "$case/differences" >"$T/known" 2>/dev/null
  check "$name: they are equal" python3 "$tests_dir/compare_images.py" "$T/ours.tar" "$T/theirs" "$T/known"
done
finish
