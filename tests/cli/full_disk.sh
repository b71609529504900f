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
finish
