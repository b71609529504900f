#!/usr/bin/env bash
# Measures cbuild beside buildah, both as an ordinary user, and prints the medians as a table. See README.md here.
#
#   sudo CBUILD=build-release/src/cli/cbuild tests/bench/bench.sh [--runs N] [--only NAME,…] [--no-buildah]
#
# Root is needed to mount a fresh ext4 (with a journal) for the run and to make the ordinary user; the measured programs
# run as that user. Everything that is made is removed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[[ $EUID == 0 ]] || { echo "bench.sh: needs root to mount a file system for the run" >&2 && exit 1; }
[[ -x ${CBUILD:-} ]] || { echo "bench.sh: set CBUILD to a release build of the program" >&2 && exit 1; }
program=$(readlink -f "$CBUILD")
bases=$(dirname "$("$here/../../scripts/base-images.sh" busybox | tail -n 1)")

# A mount namespace of its own: mounts go with it.
if [[ -z ${CBUILD_BENCH_INSIDE:-} ]]; then
  CBUILD_BENCH_INSIDE=1 exec unshare --mount --propagation private "$here/bench.sh" "$@"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-bench.XXXXXX")
user=cbbench-$$
cleanup() {
  local status=$?
  trap - EXIT
  pkill -KILL -U "$user" || true
  flock /etc/passwd userdel "$user" 2>/dev/null || true
  cd /
  umount -l "$work/mnt" 2>/dev/null || true
  [[ -z ${device:-} ]] || losetup --detach "$device" || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chmod 0755 "$work"
mkdir "$work/mnt"
# Blocks there in advance and no second page cache: syncing takes what it takes on the disk below.
fallocate -l 24G "$work/disk"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$work/disk"
device=$(losetup --find --show --direct-io=on "$work/disk" 2>/dev/null || losetup --find --show "$work/disk")
mount "$device" "$work/mnt"
useradd --no-create-home --home-dir "$work/mnt/home" --shell /bin/bash "$user"
mkdir "$work/mnt/home" "$work/mnt/run"
chown "$user:" "$work/mnt" "$work/mnt/home" "$work/mnt/run"
chmod 0700 "$work/mnt/run"
cp "$program" "$work/mnt/cbuild"
cp "$here/bench.py" "$bases/busybox.tar" "$work/mnt/"

cd "$work/mnt"
mkdir "$work/mnt/devices"
"$here/../support/peer_machine.sh" "$work/mnt/devices" setpriv --reuid "$user" --regid "$user" --init-groups -- env -i PATH="$PATH" LANG=C.UTF-8 HOME="$work/mnt/home" \
  USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="$work/mnt/run" TMPDIR="$work/mnt" \
  python3 "$work/mnt/bench.py" --cbuild "$work/mnt/cbuild" --base "$work/mnt/busybox.tar" --directory "$work/mnt" "$@"
