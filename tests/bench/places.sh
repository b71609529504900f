#!/usr/bin/env bash
# Measures the ways in which RUN steps are isolated beside each other, and the private network beside others. See README.md here.
#
#   sudo CBUILD=build-release/src/cli/cbuild tests/bench/places.sh [--runs N] [--only apt,copy,download]
#
# Root is needed to mount a fresh ext4 for the run, to make the ordinary user, and for chroot(2).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/machine.sh"
base=$("$here/../../scripts/base-images.sh" python | tail -n 1)
cp "$here"/places.py "$here"/transfer.py "$base" "$disk/"
python3 "$disk/places.py" --cbuild "$disk/cbuild" --base "$disk/$(basename "$base")" --directory "$disk" "$@" \
  -- "${as_user[@]}"
