#!/usr/bin/env bash
# Measures cbuild beside buildah, both as an ordinary user, and prints the medians as a table. See README.md here.
#
#   sudo CBUILD=build-release/src/cli/cbuild tests/bench/bench.sh [--runs N] [--only NAME,…] [--no-buildah]
#
# Root is needed to mount a fresh ext4 (with a journal) for the run and to make the ordinary user; the measured programs
# run as that user. Everything that is made is removed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/machine.sh"
bases=$(dirname "$("$here/../../scripts/base-images.sh" busybox | tail -n 1)")
cp "$here/bench.py" "$bases/busybox.tar" "$disk/"
"${as_user[@]}" python3 "$disk/bench.py" --cbuild "$disk/cbuild" --base "$disk/busybox.tar" --directory "$disk" "$@"
