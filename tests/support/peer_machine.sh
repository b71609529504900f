#!/usr/bin/env bash
# Runs a command, as root, in a mount namespace where podman and buildah find what they want of a machine, without
# changing the machine: cgroup v2 (crun refuses v1), and device nodes that an ordinary user may open.
#
#   tests/support/peer_machine.sh DIRECTORY COMMAND…      DIRECTORY: where the device nodes may lie; the caller removes it
set -euo pipefail
if [[ -z ${CBUILD_PEER_MACHINE:-} ]]; then
  CBUILD_PEER_MACHINE=1 exec unshare --mount --propagation private "$(readlink -f "$0")" "$@"
fi
unset CBUILD_PEER_MACHINE
directory=$1
shift
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || true
for device in net/tun fuse; do
  [[ -e /dev/$device ]] || continue
  node=$directory/${device//\//-}
  cp -a --remove-destination "/dev/$device" "$node"
  chmod 0666 "$node"
  mount --bind "$node" "/dev/$device"
done
exec "$@"
