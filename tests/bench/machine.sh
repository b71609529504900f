#!/usr/bin/env bash
# What the benchmarks run on; to be sourced by one that was started by root with CBUILD set: a mount namespace of its own, in
# it a fresh ext4 with a journal, $disk, and an ordinary user, $user, with subordinate ids. "${as_user[@]}" COMMAND runs it as
# that user, with devices and control groups as podman and buildah want them. Everything that is made goes with the script.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$(basename "$0")
[[ $EUID == 0 ]] || { echo "$name: needs root to mount a file system for the run" >&2 && exit 1; }
[[ -x ${CBUILD:-} ]] || { echo "$name: set CBUILD to a release build of the program" >&2 && exit 1; }
program=$(readlink -f "$CBUILD")

# A mount namespace of its own: mounts go with it.
if [[ -z ${CBUILD_BENCH_INSIDE:-} ]]; then
  CBUILD_BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-bench.XXXXXX")
disk=$work/mnt
user=cbbench-$$
cleanup() {
  local status=$?
  trap - EXIT
  pkill -KILL -U "$user" || true
  flock /etc/passwd userdel "$user" 2>/dev/null || true
  cd /
  umount -l "$disk" 2>/dev/null || true
  [[ -z ${device:-} ]] || losetup --detach "$device" || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chmod 0755 "$work"
mkdir "$disk"
# Blocks there in advance and no second page cache: syncing takes what it takes on the disk below.
fallocate -l 24G "$work/disk"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$work/disk"
device=$(losetup --find --show --direct-io=on "$work/disk" 2>/dev/null || losetup --find --show "$work/disk")
mount "$device" "$disk"
useradd --no-create-home --home-dir "$disk/home" --shell /bin/bash "$user"
mkdir "$disk/home" "$disk/run" "$disk/devices"
chown "$user:" "$disk" "$disk/home" "$disk/run"
chmod 0700 "$disk/run"
cp "$program" "$disk/cbuild"
cd "$disk" || exit
# shellcheck disable=SC2034  # for those who source it
as_user=("$here/../support/peer_machine.sh" "$disk/devices" setpriv --reuid "$user" --regid "$user" --init-groups --
  env -i PATH="$PATH" LANG=C.UTF-8 HOME="$disk/home" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="$disk/run" TMPDIR="$disk")
