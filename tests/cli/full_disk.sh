#!/usr/bin/env bash
# A disk that runs full: a clear error, nothing half-made, and all works again once there is room.
source "$(dirname "$0")/lib.sh"
need_small_disk
export CBUILD_ROOT=$small_disk/store
need_base busybox
used() { du -sm "$CBUILD_ROOT" | cut -f 1; }
before=$(used)

mkdir -p "$T/context"
head -c 40M /dev/urandom >"$T/context/big"
dockerfile <<'END'
FROM busybox
COPY big /
END
check_status "COPY of too much fails as the machine's fault" 4 cbuild -t big "$T/context"
check_contains "names the file and the reason" "$err" "write big: No space left on device"
check_contains "and says what to do" "$err" "cbuild prune"
check_contains "also where files run out, not blocks" "$err" "df -i"
check_equal "nothing of it is left" "$before" "$(used)"

dockerfile <<'END'
FROM busybox
RUN dd if=/dev/zero of=/f bs=1M count=40
END
check_status "RUN that writes too much fails" 1 cbuild -t big "$T/context"
check_contains "and is told that the disk is full" "$err" "the file system of the store is full"
check_equal "nothing of it is left either" "$before" "$(used)"

head -c 40M /dev/urandom >"$T/layer"
tar -C "$T" -cf "$T/rootfs.tar" layer
check_status "so does an import" 4 cbuild import "$T/rootfs.tar" big
check_contains "with the reason" "$err" "No space left on device"
check_equal "and leaves nothing" "$before" "$(used)"

# --- no inodes left
dockerfile <<'END'
FROM busybox
RUN mkdir /many && cd /many && for i in $(seq 5000); do : > $i || exit 3; done
END
check_status "RUN that makes too many files fails" 1 cbuild -t many "$T/context"
check_contains "and is told that there are no inodes" "$err" "the file system of the store has no inodes left"
mkdir "$T/context/many"
(cd "$T/context/many" && seq 5000 | xargs touch)
dockerfile <<'END'
FROM busybox
COPY many /many/
END
check_status "so does COPY of too many" 4 cbuild -t many "$T/context"
check_contains "with the reason" "$err" "No space left on device"
check_contains "and where to look" "$err" "df -i"
tar -C "$T/context" -cf "$T/many.tar" many
check_status "and an import" 4 cbuild import "$T/many.tar" many
check_contains "with the same hint" "$err" "df -i"
rm -r "$T/context/many"
check_equal "none of it is left" "" "$(find "$CBUILD_ROOT" -name 4321)"

dd if=/dev/zero of="$small_disk/fill" bs=64k 2>/dev/null
dockerfile <<'END'
FROM busybox
RUN echo hello > /hello
END
run cbuild -t small "$T/context"
check "on a disk without a single free block what is there can be read" cbuild images
check_contains "all of it" "$out" busybox
rm "$small_disk/fill"
check "with room again it builds" cbuild -q -t small "$T/context"
check_contains "what it should" "$(files_of small hello)" "hello"

# Not a byte left: what is removed must first be written down. Each check fills the disk again.
fill() {
  dd if=/dev/zero of="$disk/fill" bs=64k oflag=append conv=notrunc 2>/dev/null
  dd if=/dev/zero of="$disk/fill" bs=512 oflag=append conv=notrunc 2>/dev/null
}
free_kib() { df --output=avail -k "$disk" | tail -n 1 | tr -d ' '; }
check_when_full() {
  fill
  [[ $(free_kib) == 0 ]] || not_ok "the disk is full"
  check "$@"
}
removals() {
  disk=$1
  CBUILD_ROOT=$disk/store
  [[ -d $CBUILD_ROOT ]] || run cbuild import "$CBUILD_BASES/busybox.tar" busybox:latest
  head -c 3M /dev/urandom >"$T/context/big"
  for image in one two three; do
    dockerfile <<END
FROM busybox
COPY big /$image
RUN echo $image > /made
END
    check "$2: builds $image" cbuild -q -t "$image" "$T/context"
  done
  check_when_full "$2: rmi works without a byte left" cbuild rmi one
  check_status "$2: the image is gone" 2 cbuild inspect one
  check_when_full "$2: also a second time" cbuild rmi two
  check_when_full "$2: prune works without a byte left" cbuild prune
  check_less "$2: and frees space" 1000 "$(free_kib)" KiB
  check_when_full "$2: rmi of the last user of a layer" cbuild rmi three
  check_when_full "$2: so does prune --all" cbuild prune --all
  check_less "$2: and frees space" 1000 "$(free_kib)" KiB
  dockerfile <<'END'
FROM busybox
RUN echo again > /made
END
  check "$2: then there is room for a build" cbuild -q -t again "$T/context"
  check_contains "$2: of all its files" "$(files_of again made)" "made"
  check_store "$2: the store is whole"
}
if [[ -n $small_ext4 ]]; then
  removals "$small_ext4" ext4
else
  skip "removals on ext4" "no loop device"
fi
removals "$small_disk" tmpfs

# What killed processes left goes first, before anything is written.
fill
mkdir -p "$CBUILD_ROOT/staging/00000000"
mv "$disk/fill" "$CBUILD_ROOT/staging/00000000/"
check "leftovers are removed on a full disk" cbuild prune
check_equal "all of it" "" "$(ls "$CBUILD_ROOT/staging")"
finish
