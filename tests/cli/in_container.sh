#!/usr/bin/env bash
# cbuild in cbuild: packaging/image/Dockerfile with the program under test, built by cbuild and run by podman, builds the
# voting application in each way that a container permits. The image without logs of apt in it is that built outside.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
need_peer_machine podman
need_base python
need_base node
export SOURCE_DATE_EPOCH=1700000000

mkdir -p "$T/program" "$T/shared/app"
cp "$CBUILD" "$T/program/cbuild"
check "the image with cbuild is built" cbuild build -q -t localhost/cbuild:test --build-arg BASE=python:3.11-slim \
  --build-context "program=$T/program" -f "$source_dir/packaging/image/Dockerfile" "$source_dir"
check "it is saved" cbuild save --format docker-archive -o "$T/cbuild.tar" localhost/cbuild:test
check "podman loads it" podman load -q -i "$T/cbuild.tar"

cp -r "$source_dir"/testdata/voting-app/{vote,worker,result} "$T/shared/app/"
cp "$CBUILD_BASES"/{python,node}.tar "$T/shared/"
cat >"$T/shared/build_all.sh" <<'SCRIPT'
cbuild import /shared/python.tar python:3.11-slim >/dev/null && cbuild import /shared/node.tar node:18-slim >/dev/null || exit
for service in vote worker result; do
  echo "$service $(cbuild -q -t "$service" "/shared/app/$service")"
done
SCRIPT
chmod -R a+rX "$T/shared"

run cbuild -q -t result "$T/shared/app/result"
outside=$out
check_contains "the voting application is built outside" "$outside" sha256:

# builds_inside WHAT PODMAN_OPTION…
builds_inside() {
  local what=$1
  shift
  # The control groups of this machine may not be ours to make, its limits not ours to raise.
  run podman run --rm --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 --network host --cgroups=disabled --env SOURCE_DATE_EPOCH --volume "$T/shared:/shared:ro" "$@" \
    --entrypoint bash localhost/cbuild:test /shared/build_all.sh
  check_equal "$what: all are built" 3 "$(grep -c ' sha256:' <<<"$out")"
  check_equal "$what: the same image" "result $outside" "$(grep '^result' <<<"$out")"
  [[ $(grep -c ' sha256:' <<<"$out") == 3 ]] || _show_run
}
if [[ $mode == user ]]; then
  builds_inside "root of a rootless container"
  builds_inside "an ordinary user" --user build
  builds_inside "an ordinary user with one id" --user build --security-opt no-new-privileges
  check_contains "which has one id" "$err" "there are no subordinate ids"
else
  # Unlike docker, podman gives no CAP_MKNOD, and mounts volumes with nodev.
  builds_inside "root of a container, by chroot" --env CBUILD_ISOLATION=chroot
  builds_inside "the same, with devices" --cap-add MKNOD --env CBUILD_ISOLATION=chroot --env CBUILD_ROOT=/var/tmp/store
fi
finish
