#!/usr/bin/env bash
# Power loss: what an exit status of 0 named is whole afterwards, and what was not synced is not believed. The power is
# cut by the file system's shutdown ioctl, which drops all that is not on disk. The machine goes on, so the rows of the
# store are made to look as if they were written under another boot.
source "$(dirname "$0")/lib.sh"
# In a mount namespace of its own: a copy of the mount in another one would keep the file system as it is.
[[ -n ${OWN_MOUNTS:-} ]] || OWN_MOUNTS=yes exec unshare --mount --propagation private bash "$0"

disk=$T/disk
mkdir -p "$disk" "$T/context"
cut_power='import fcntl, os, struct, sys
# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number; 1: the journal is written first, 2: it is not.
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", int(sys.argv[2])))'

# new_disk TYPE: an empty file system at $disk.
new_disk() {
  umount "$disk" 2>/dev/null
  rm -f "$T/image"
  truncate -s 512M "$T/image"
  "mkfs.$1" -q "$T/image" && mount -o loop "$T/image" "$disk"
}

# reboot JOURNAL: cuts the power and starts again.
reboot() {
  python3 -c "$cut_power" "$disk" "$1"
  # What was killed may still be on its way out.
  for _ in $(seq 50); do umount "$disk" 2>/dev/null && break || sleep 0.1; done
  mount -o loop "$T/image" "$disk"
  python3 -c 'import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("UPDATE snapshots SET boot_id = ?", ("another",))
database.commit()' "$CBUILD_ROOT/store.db"
}

export CBUILD_ROOT=$disk/store

# Some of everything: small files, a large one, a link, a directory. The same each time.
step='mkdir -p /made; for i in $(seq 50); do echo "small $i" >/made/$i; done; seq 400000 >/made/large; ln -s large /made/link'
sum='find /made /copied -type f | sort | xargs cat | sha256sum | cut -c 1-64'
seq 100000 >"$T/context/file"
seq 40 >"$T/context/input"
dockerfile <<END
FROM busybox
COPY file input /copied/
RUN $step
RUN $sum >/sum
END

# content IMAGE: as a container of it would see it, and as it was when it was built.
content() {
  printf 'FROM %s\nRUN [ "$(%s)" = "$(cat /sum)" ] && echo con''tent is whole\n' "$1" "$sum" |
    cbuild build --no-cache --progress plain - 2>&1 | grep -om 1 'content is whole'
}

for type in ext4 xfs; do
  for journal in 1 2; do
    name="$type, journal $([[ $journal == 1 ]] && echo written || echo lost)"
    new_disk "$type"
    need_base busybox
    check "$name: a build succeeds" cbuild -q -t app "$T/context"
    image=$out
    reboot "$journal"
    check_equal "$name: its image is there after the power was cut" "$image" \
      "$(cbuild inspect --format json app | json 'd[0]["Id"]')"
    check_equal "$name: its layers are whole" "content is whole" "$(content app)"
    check "$name: and can be saved" cbuild save -o "$T/app.tar" app
    run cbuild -t app "$T/context"
    check_lacks "$name: nothing of it is made again" "$err" " DONE"

    printf 'FROM app\nRUN %s; rm /sum; %s >/sum; echo more >/made/more\nRUN false\n' "$step" "$sum" >"$T/failing"
    check_status "$name: a build fails at its end" 1 cbuild -f "$T/failing" "$T/context"
    sed -i 's/^RUN false//' "$T/failing"
    reboot "$journal"
    check "$name: it is built on" cbuild -q -t more -f "$T/failing" "$T/context"
    check_equal "$name: on whole layers" "content is whole" "$(content app)"
    check "$name: they can be saved" cbuild save -o "$T/more.tar" more

    # A kill leaves layers that nobody synced.
    printf 'FROM app\nRUN %s; echo killed >/made/killed\nRUN sleep 60\n' "$step" >"$T/killed"
    cbuild build --progress plain -f "$T/killed" "$T/context" >"$T/log" 2>&1 &
    for _ in $(seq 100); do grep -q 'sleep 60' "$T/log" && break || sleep 0.1; done
    sleep 0.3
    pkill -KILL -f "$T/killed"
    wait
    reboot 1
    sed -i 's/^RUN sleep 60/RUN cat \/made\/killed; tail -n 1 \/made\/large/' "$T/killed"
    run cbuild build --progress plain -f "$T/killed" "$T/context"
    check_contains "$name: a step whose layer was not synced runs again" "$err" "400000"
    check "$name: the store is used on" cbuild prune --all
  done

  new_disk "$type"
  mkdir -p "$T/loaded"
  rm -rf "$T/loaded/store"
  need_base busybox
  reboot 2
  run cbuild images -q
  check_differ "$type: an import is there after the power was cut" "" "$out"
  printf 'FROM busybox\nRUN echo it runs\n' >"$T/base"
  run cbuild build --progress plain -f "$T/base" "$T/context"
  check_contains "$type: and is whole" "$err" "it runs"
  check "$type: an archive is loaded" cbuild load -i "$T/app.tar"
  reboot 1
  check_equal "$type: what was loaded is whole after the power was cut" "content is whole" "$(content app)"
done
umount "$disk"
finish
