#!/usr/bin/env bash
# What cbuild does in each place of tests/support/place: its version, a build without RUN, a build with RUN, the same with
# --isolation chroot. The expected outcomes are the lines at the end of this file. An image has one digest in all places where it can be built.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
need_base busybox

places=$(readlink -f "$tests_dir/../support/place")
place() { python3 "$places" "$@"; }
run place store-tmpfs -- true
[[ $status != 125 ]] || skip_all "no place can be made here: $err"

# ---- what is brought into each place ---------------------------------------------------------------------------------

brought=$T/brought
mkdir -p "$brought/context/files/sub"
cp "$CBUILD" "$brought/cbuild"
check "the base is saved as an OCI layout" cbuild save --format oci-dir -o "$brought/base" busybox:latest
echo one >"$brought/context/files/one"
echo two >"$brought/context/files/sub/two"
tar -C "$brought/context" -cf "$brought/context/archive.tar" files
cat >"$brought/context/no-run" <<'DOCKERFILE'
FROM busybox
COPY files /copied
COPY --chown=12:34 files /owned
ADD archive.tar /added
ENV NAME=value
DOCKERFILE
{
  cat "$brought/context/no-run"
  echo 'RUN chown 7:8 /copied/one && id -u >/copied/id && rm /owned/sub/two'
  # The descriptors of whoever calls cbuild do not reach a step. By chroot there is no /proc/self.
  echo "RUN test ! -e /proc/self/fd/9"
  echo 'RUN echo x >/dev/null && test -z "$(cat /dev/null)" && test "$(head -c 3 /dev/zero | tr "\0" z)" = zzz' \
    '&& test "$(head -c 9 /dev/urandom | wc -c)" = 9 && ! echo x 2>/dev/null >/dev/full && cd /dev && echo >null'
  # A device that is opened through a link of another name is the device, or an error, and never an ordinary file.
  echo 'RUN ln -s /dev/null /other && { echo x >/other || true; } 2>/dev/null && test -z "$(cat /other 2>/dev/null)"'
  echo "RUN su daemon -s /bin/sh -c 'echo x >/dev/null && test -z \"\$(cat /dev/null)\"'"
} >"$brought/context/run"
cat >"$brought/in_place.sh" <<'SCRIPT'
# attempt NAME COMMAND…: prints NAME|CODE|"hint" or "-"|MESSAGE|STANDARD OUTPUT; random names in the message are "ID"
attempt() {
  local name=$1 code=0 hint=-
  shift
  "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || code=$?
  ! grep -q '^hint: ' "$TMPDIR/err" || hint=hint
  echo "$name|$code|$hint|$(sed -n 's/^cbuild: //p' "$TMPDIR/err" | head -n 1 |
    sed -E 's/[0-9a-f]{8}/ID/g')|$(head -n 1 "$TMPDIR/out")"
}
brought=$(dirname "$0")
export CBUILD_ROOT=$HOME/store SOURCE_DATE_EPOCH=1
exec 9</dev/null
attempt version "$brought/cbuild" --version
for build in no-run run chroot; do
  isolation=auto file=$build
  [[ $build != chroot ]] || isolation=chroot file=run CBUILD_ROOT=$HOME/chroot-store
  attempt "$build" "$brought/cbuild" build -q --isolation "$isolation" \
    --build-context "busybox=oci-layout://$brought/base" -f "$brought/context/$file" "$brought/context"
done
if [[ $1 == masked-one-id ]]; then
  attempt shared-proc env CANARY=of-cbuild "$brought/cbuild" build -q --progress plain \
    --build-context "busybox=oci-layout://$brought/base" -f "$brought/context/shared-proc" "$brought/context"
  ! grep -q of-cbuild "$TMPDIR/out" "$TMPDIR/err" || echo "the environment of cbuild was seen"
fi
SCRIPT
# Where ids are emulated, a thread of cbuild opens what the step names: never what these names mean to cbuild itself.
c++ -static -x c++ -o "$brought/context/make-and-read" - <<'CODE'
#include <fcntl.h>
#include <unistd.h>
int main(int, char** argv) {
  char text[4096];
  const int file = open(argv[1], O_RDONLY | O_CREAT, 0600);
  const ssize_t size = read(file, text, sizeof text);
  return size > 0 && write(1, text, size) == size ? 0 : 1;
}
CODE
cat >"$brought/context/shared-proc" <<'DOCKERFILE'
FROM busybox
RUN touch /file && chown 7:8 /file && exec 3</file && test "$(stat -L -c %u:%g /proc/self/fd/3 /dev/fd/3 | uniq)" = 7:8
COPY make-and-read /bin/
RUN cat /proc/*/environ; su daemon -s /bin/sh -c 'make-and-read /proc/self/environ'
RUN chown 7:8 /proc/self/environ || ln -s /proc/self/environ /link && chown -h 5:6 /link && test "$(stat -c %u /link)" = 5
RUN su daemon -s /bin/sh -c 'test $(id -u) = 1 && touch /tmp/mine && test $(stat -c %u /tmp/mine) = 1'
DOCKERFILE
chmod -R a+rX "$brought"

# ---- each place ------------------------------------------------------------------------------------------------------

# expected PLACE UID BUILD: CODE|HINT|MESSAGE
expected() {
  sed -n '/^# EXPECTED/,$p' "$0" | awk -F ' *[|] *' -v want="# $1 $2 $3" '$1 == want { print $2 "|" $3 "|" $4 }'
}

table=() digests=()
while read -r name uid; do
  run place "$name" --user "$uid" --bring "$brought" -- bash "$brought/in_place.sh" "$name"
  results=$out$err
  check_equal "$name, uid $uid: prints its version" "version|0|-||$("$CBUILD" --version)" \
    "$(grep '^version' <<<"$results")"
  for build in no-run run chroot; do
    IFS='|' read -r _ code hint message digest < <(grep "^$build|" <<<"$results")
    wanted=$(expected "$name" "$uid" "$build")
    # Root of a user namespace, which stands for root where the caller is an ordinary user, makes no devices; a warning says it.
    [[ $mode != user || $build != chroot || $wanted != 0* ]] || wanted="0|-|$message"
    check_equal "$name, uid $uid: $build" "$wanted" "$code|$hint|$message"
    table+=("$(printf '%-15s %5s %-6s %4s %-4s %s' "$name" "$uid" "$build" "$code" "$hint" "$message")")
    [[ $code != 0 ]] || digests+=("${build/chroot/run} $digest")
  done
  [[ $name != masked-one-id ]] || {
    check_contains "$name: files of /proc are the step's, not those of cbuild" "$results" "shared-proc|0|"
    check_lacks "$name: nothing of cbuild is seen" "$results" "was seen"
  }
done < <(python3 "$places/facts.py" --rows)

for build in no-run run; do
  check_equal "$build: one digest in all places where it builds" 1 \
    "$(printf '%s\n' "${digests[@]}" | grep "^$build " | sort -u | wc -l)"
done

printf '# %-15s %5s %-6s %4s %-4s %s\n' place uid build code hint message
printf '# %s\n' "${table[@]}"
finish

# EXPECTED: place, uid, build | exit code | is there a hint | the message's first line
# docker 0 no-run | 0 | - |
# docker 0 run | 4 | hint | create a user namespace: unshare: Operation not permitted
# docker 0 chroot | 0 | - | warning: RUN steps use the network of this machine, with its loopback: a private one cannot be had (make a network namespace: Operation not permitted)
# docker 1000 no-run | 0 | - |
# docker 1000 run | 4 | hint | create a user namespace: unshare: Operation not permitted
# docker 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# k8s 10001 no-run | 0 | - |
# k8s 10001 run | 4 | hint | create a user namespace: unshare: Operation not permitted
# k8s 10001 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# masked-proc 0 no-run | 0 | - |
# masked-proc 0 run | 0 | - | warning: parts of /proc or /sys are masked here, as in a container, so RUN sees those of the container, with its other processes; docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL or procMount: Unmasked in Kubernetes gives it its own
# masked-proc 0 chroot | 0 | - |
# masked-proc 1000 no-run | 0 | - |
# masked-proc 1000 run | 0 | - | warning: parts of /proc or /sys are masked here, as in a container, so RUN sees those of the container, with its other processes; docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL or procMount: Unmasked in Kubernetes gives it its own
# masked-proc 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-mount 0 no-run | 0 | - |
# no-mount 0 run | 4 | hint | make all mounts private: mount: Permission denied
# no-mount 0 chroot | 0 | - |
# no-mount 1000 no-run | 0 | - |
# no-mount 1000 run | 4 | hint | make all mounts private: mount: Permission denied
# no-mount 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-setns 0 no-run | 0 | - |
# no-setns 0 run | 0 | - | warning: RUN steps use the network of this machine, with its loopback: a private one cannot be had (join a network namespace: Permission denied)
# no-setns 0 chroot | 0 | - | warning: RUN steps use the network of this machine, with its loopback: a private one cannot be had (join a network namespace: Permission denied)
# no-setns 1000 no-run | 0 | - |
# no-setns 1000 run | 0 | - | warning: RUN steps use the network of this machine, with its loopback: a private one cannot be had (join a network namespace: Permission denied)
# no-setns 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-sysadmin 0 no-run | 0 | - |
# no-sysadmin 0 run | 0 | - |
# no-sysadmin 0 chroot | 0 | - | warning: RUN steps use the network of this machine, with its loopback: a private one cannot be had (make a network namespace: Operation not permitted)
# no-sysadmin 1000 no-run | 0 | - | warning: there are no subordinate ids: newuidmap: write to uid_map failed: Operation not permitted; owners of files are recorded as attributes, and RUN has emulated ids (newuidmap and newgidmap run without their rights: they lost their set-uid bits or are on a mount with nosuid (reinstall the package uidmap), or root has no CAP_SYS_ADMIN here, as in a container; then give them file capabilities instead: chmod u-s, setcap cap_setuid+ep newuidmap, setcap cap_setgid+ep newgidmap)
# no-sysadmin 1000 run | 0 | - |
# no-sysadmin 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-userns 0 no-run | 0 | - |
# no-userns 0 run | 4 | hint | user namespaces are disabled (user.max_user_namespaces is 0)
# no-userns 0 chroot | 0 | - | warning: a RUN step can have no devices of its own (make /dev/null: Operation not permitted), so cbuild opens them for it, which makes it slower; docker run --cap-add MKNOD and a store that is not mounted with nodev (--root) give it its own
# no-userns 1000 no-run | 0 | - |
# no-userns 1000 run | 4 | hint | user namespaces are disabled (user.max_user_namespaces is 0)
# no-userns 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-subids 1000 no-run | 0 | - | warning: there are no subordinate ids: /etc/subuid gives no subordinate ids to user place; owners of files are recorded as attributes, and RUN has emulated ids (as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 place)
# no-subids 1000 run | 0 | - |
# no-subids 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# no-newuidmap 1000 no-run | 0 | - | warning: there are no subordinate ids: the program newuidmap is not installed; it maps subordinate ids; owners of files are recorded as attributes, and RUN has emulated ids (install it: package uidmap (Debian, Ubuntu) or shadow-utils (Fedora))
# no-newuidmap 1000 run | 0 | - |
# no-newuidmap 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# one-id 0 no-run | 0 | - |
# one-id 0 run | 0 | - |
# one-id 0 chroot | 4 | hint | --isolation chroot: isolation by chroot needs more ids than one (/proc/self/uid_map)
# masked-one-id 0 no-run | 0 | - |
# masked-one-id 0 run | 0 | - | warning: parts of /proc or /sys are masked here, as in a container, so RUN sees those of the container, with its other processes; docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL or procMount: Unmasked in Kubernetes gives it its own
# masked-one-id 0 chroot | 4 | hint | --isolation chroot: isolation by chroot needs more ids than one (/proc/self/uid_map)
# linux-5.15 0 no-run | 0 | - |
# linux-5.15 0 run | 0 | - |
# linux-5.15 0 chroot | 0 | - | warning: nothing but chroot keeps a RUN step in its root file system: this kernel has no Landlock that can (ABI 2, Linux 5.19)
# linux-5.15 1000 no-run | 0 | - |
# linux-5.15 1000 run | 0 | - |
# linux-5.15 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# linux-5.15-one-id 0 no-run | 0 | - |
# linux-5.15-one-id 0 run | 0 | - |
# linux-5.15-one-id 0 chroot | 4 | hint | --isolation chroot: isolation by chroot needs more ids than one (/proc/self/uid_map)
# old-profile 0 no-run | 0 | - |
# old-profile 0 run | 0 | - |
# old-profile 0 chroot | 0 | - |
# old-profile 1000 no-run | 0 | - |
# old-profile 1000 run | 0 | - |
# old-profile 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# store-tmpfs 0 no-run | 0 | - |
# store-tmpfs 0 run | 0 | - |
# store-tmpfs 0 chroot | 0 | - |
# store-tmpfs 1000 no-run | 0 | - |
# store-tmpfs 1000 run | 0 | - |
# store-tmpfs 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# store-overlay 0 no-run | 0 | - |
# store-overlay 0 run | 0 | - | warning: RUN works on copies of root file systems, which is slower: mount an overlay in /place/home/store/snapshots (userxattr,lowerdir=0,upperdir=../staging/ID/fs,workdir=../staging/ID/work): Invalid argument
# store-overlay 0 chroot | 0 | - |
# store-overlay 1000 no-run | 0 | - |
# store-overlay 1000 run | 0 | - | warning: RUN works on copies of root file systems, which is slower: mount an overlay in /place/home/store/snapshots (userxattr,lowerdir=0,upperdir=../staging/ID/fs,workdir=../staging/ID/work): Invalid argument
# store-overlay 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# store-ramfs 0 no-run | 0 | - |
# store-ramfs 0 run | 0 | - |
# store-ramfs 0 chroot | 0 | - |
# store-ramfs 1000 no-run | 0 | - |
# store-ramfs 1000 run | 0 | - |
# store-ramfs 1000 chroot | 4 | hint | --isolation chroot: isolation by chroot needs root
# one-id-ramfs 0 no-run | 4 | hint | record owners in /place/home/store as attributes (user.*): Operation not supported
# one-id-ramfs 0 run | 4 | hint | record owners in /place/home/store as attributes (user.*): Operation not supported
# one-id-ramfs 0 chroot | 4 | hint | --isolation chroot: isolation by chroot needs more ids than one (/proc/self/uid_map)
# store-read-only 0 no-run | 4 | hint | open the store: make directory /place/home/store: Read-only file system
# store-read-only 0 run | 4 | hint | open the store: make directory /place/home/store: Read-only file system
# store-read-only 0 chroot | 4 | hint | open the store: make directory /place/home/chroot-store: Read-only file system
# store-read-only 1000 no-run | 4 | hint | open the store: make directory /place/home/store: Read-only file system
# store-read-only 1000 run | 4 | hint | open the store: make directory /place/home/store: Read-only file system
# store-read-only 1000 chroot | 4 | hint | open the store: make directory /place/home/chroot-store: Read-only file system
