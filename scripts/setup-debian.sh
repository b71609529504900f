#!/usr/bin/env bash
# Installs what is needed on Debian 12 or newer: to build cbuild, with --demo also what scripts/demo.sh uses, with
# --tests also what the tests use. Works as root or through sudo. Asks apt for nothing when all is there.
set -euo pipefail

packages=(
  g++ meson ninja-build pkg-config ca-certificates uidmap
  libfmt-dev libssl-dev libsqlite3-dev libzstd-dev liblzma-dev libbz2-dev libisal-dev libseccomp-dev
  zlib1g-dev nlohmann-json3-dev libcli11-dev libcurl4-openssl-dev doctest-dev
)
# What the list has of Debian 12's smallest system (mount, passwd, e2fsprogs) is not in that of every release.
demo=(mmdebstrap busybox-static docker-registry python3 procps passwd mount)
tests=(
  skopeo umoci buildah podman crun redis-server postgresql
  git openssh-client openssh-server openssl curl strace attr psmisc time iproute2
  bzip2 gzip xz-utils zstd tar e2fsprogs xfsprogs
  shellcheck shfmt clang libclang-rt-dev
)

for argument in "$@"; do
  case $argument in
    --demo) packages+=("${demo[@]}") ;;
    --tests) packages+=("${demo[@]}" "${tests[@]}") ;;
    *)
      echo "usage: scripts/setup-debian.sh [--demo] [--tests]" >&2
      exit 2
      ;;
  esac
done

command -v apt-get >/dev/null || {
  echo "setup-debian.sh: no apt-get here; install by hand: ${packages[*]}" >&2
  exit 1
}

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
done
# The bases are made from the package lists that apt knows.
lists=$(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' 2>/dev/null | awk 'NR == 1')
[[ ${#missing[@]} -gt 0 || ! -e ${lists:-/nonexistent} ]] || exit 0

as_root=()
if [[ $EUID != 0 ]]; then
  command -v sudo >/dev/null || {
    echo "setup-debian.sh: needs root or sudo to install: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  # RUNLEVEL=1: packages of servers do not start them.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    echo "setup-debian.sh: apt-get $1 failed" >&2
    exit 1
  }
}
echo "installing: ${missing[*]:-package lists}"
apt update
[[ ${#missing[@]} == 0 ]] || apt install -y --no-install-recommends "${missing[@]}"
