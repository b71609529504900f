#!/usr/bin/env bash
# Boots Debian's own kernel with systemd in qemu, and runs the checks of tests/vm/checks inside, as root and as an
# ordinary user. See README.md.
#
#   CBUILD=build/src/cli/cbuild tests/vm/run.sh [CHECK]...      default: all
#
# Prints "ok - USER: NAME" and "not ok - USER: NAME" lines, and ends with 1 when there is one of the latter or when the
# checks are not over within $VM_LIMIT seconds. $VM_DIRECTORY keeps the image, for runs after the first, and the logs.
# Works as root and as a user with subordinate ids.
set -euo pipefail
directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_directory=$(cd "$directory/../.." && pwd)
limit=${VM_LIMIT:-1800}
packages=systemd-sysv,linux-image-amd64,initramfs-tools,zstd,udev,dbus-user-session,libpam-systemd,uidmap,apparmor
packages+=,busybox-static,python3,libseccomp2,ca-certificates,iproute2,procps,fuse-overlayfs
# What cbuild is linked with.
packages+=,libfmt9,libisal2,libutf8proc2,libcurl4,libsqlite3-0,libzstd1,liblzma5,libbz2-1.0,zlib1g,libssl3

die() {
  echo "tests/vm/run.sh: $*" >&2
  exit 2
}

# The Debian sources that this machine itself uses, and how its apt reaches them; as scripts/base-images.sh has it.
machine_sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    sort -u
}
machine_apt_options() {
  apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])(::[^ ]+)? ".+";$' ||
    true
}

# make_root DIRECTORY: writes root.tar, vmlinuz and initrd.img there.
make_root() {
  local option options=()
  while read -r option; do options+=(--aptopt="$option"); done < <(machine_apt_options)
  # The few modules that the machine needs to find its disk; udev loads all others from there.
  mmdebstrap --variant=minbase --include="$packages" --aptopt='APT::Install-Recommends "false"' "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --essential-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/modules"' \
    --essential-hook='printf "virtio_pci\nvirtio_blk\next4\n" >"$1/etc/initramfs-tools/modules"' \
    --customize-hook='copy-in "'"$directory/guest"'/etc" /' \
    --customize-hook='chroot "$1" useradd --create-home --shell /bin/bash builder' \
    --customize-hook='mkdir -p "$1/var/lib/systemd/linger" && touch "$1/var/lib/systemd/linger/builder"' \
    --customize-hook='chroot "$1" systemctl enable checks.service' \
    --customize-hook='chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer' \
    --customize-hook='rm -f "$1/etc/resolv.conf" "$1/etc/hostname" && echo cbuild-vm >"$1/etc/hostname"' \
    --skip=output/dev "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$1/root.tar" - < <(machine_sources)
  tar -C "$1" --no-same-owner --strip-components=2 --wildcards -xf "$1/root.tar" './boot/vmlinuz-*' './boot/initrd.img-*'
  mv "$1"/vmlinuz-* "$1/vmlinuz"
  mv "$1"/initrd.img-* "$1/initrd.img"
}

# As root, at least of a user namespace.
as_root() {
  if [[ $EUID == 0 ]]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}

# make_image DIRECTORY: root.ext4 of root.tar, without a mount.
make_image() {
  mkdir "$1/root"
  as_root tar -C "$1/root" --numeric-owner --exclude='./dev/*' -xf "$1/root.tar"
  as_root mkdir -p "$1/root/dev"
  as_root mke2fs -q -t ext4 -L root -d "$1/root" "$1/root.ext4" 6G >/dev/null
  as_root rm -rf "$1/root"
}

# make_payload FILE: what changes from run to run, as a second disk: the program, the checks, the places, a base image.
make_payload() {
  local payload=$work/payload base
  base=$("$source_directory/scripts/base-images.sh" busybox | tail -n 1)
  mkdir -p "$payload"
  cp -L "$CBUILD" "$payload/cbuild"
  cp -r "$directory/checks" "$directory/lib.sh" "$directory/run_checks.sh" "$source_directory/tests/support/place" \
    "$base" "$payload/"
  printf '%s\n' "${checks[@]}" >"$payload/wanted"
  chmod -R a+rX "$payload"
  mke2fs -q -t ext4 -L payload -d "$payload" "$1" 512M >/dev/null
}

boot() {
  local accelerator=tcg
  # shellcheck disable=SC2217
  ! : 2>/dev/null <>/dev/kvm || [[ ${VM_KVM:-} != 1 ]] || accelerator=kvm
  echo "# boots with -accel $accelerator"
  # In the background, so that a signal to this script is heard at once.
  timeout --kill-after 10 "$limit" qemu-system-x86_64 -machine q35 -accel "$accelerator" -cpu max -smp 2 -m 2048 \
    -nodefaults -display none -no-reboot \
    -drive "file=$images/root.ext4,if=virtio,format=raw,snapshot=on" \
    -drive "file=$work/payload.ext4,if=virtio,format=raw,readonly=on" \
    -device virtio-rng-pci -serial "file:$logs/console.log" -serial "file:$logs/results.log" \
    -kernel "$images/vmlinuz" -initrd "$images/initrd.img" \
    -append 'root=/dev/vda rw console=ttyS0 quiet panic=-1 net.ifnames=0 systemd.show_status=false' </dev/null &
  machine=$!
  wait "$machine"
}

# report: the result lines; 1 when one of them is bad or the last is missing.
report() {
  tr -d '\r' <"$logs/results.log" >"$logs/results"
  grep -E '^(ok|not ok|#) ' "$logs/results" || true
  local failed passed
  passed=$(grep -c '^ok ' "$logs/results" || true)
  failed=$(grep -c '^not ok ' "$logs/results" || true)
  echo "# $passed ok, $failed not ok, $SECONDS s"
  grep -q '^done$' "$logs/results" || {
    echo "not ok - the checks come to their end within $limit s; the end of the console:"
    tail -n 15 "$logs/console.log" | tr -d '\r' | sed 's/^/#   /'
    return 1
  }
  [[ $failed == 0 && $passed -gt 0 ]]
}

for program in mmdebstrap mke2fs qemu-system-x86_64; do
  command -v "$program" >/dev/null || die "no $program (Debian: mmdebstrap, e2fsprogs, qemu-system-x86)"
done
[[ -x ${CBUILD:-} ]] || die "set CBUILD to the program under test"
checks=("$@")
[[ $# -gt 0 ]] || for file in "$directory"/checks/*.sh; do checks+=("$(basename "$file" .sh)"); done
for check in "${checks[@]}"; do [[ -e $directory/checks/$check.sh ]] || die "there is no checks/$check.sh"; done

work=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-vm.XXXXXX")
chmod 0755 "$work"
machine=
trap '[[ -z $machine ]] || kill "$machine" 2>/dev/null || true; as_root rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
images=${VM_DIRECTORY:-$work}
logs=$images
mkdir -p "$images"
if [[ ! -e $images/root.ext4 ]]; then
  making=$work/making
  mkdir "$making"
  make_root "$making" >"$logs/mmdebstrap.log" 2>&1 || {
    tail -n 20 "$logs/mmdebstrap.log" >&2
    die "mmdebstrap failed"
  }
  make_image "$making"
  rm "$making/root.tar"
  # The image comes last: it is whole where it exists.
  mv "$making"/{vmlinuz,initrd.img} "$images/"
  mv "$making/root.ext4" "$images/"
  echo "# the image is made: $SECONDS s"
fi
make_payload "$work/payload.ext4"
: >"$logs/results.log"
boot || echo "# qemu ended with $?"
report
