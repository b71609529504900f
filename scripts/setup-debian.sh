#!/usr/bin/env bash
# Installs what is needed on Debian 12 or newer: to build cbuild, with --demo also what scripts/demo.sh uses, with
# --tests also what the tests use. Works as root or through sudo. Asks apt for nothing when all is there. With --list
# it only prints the packages.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/progress.sh"

packages=(
  g++ meson ninja-build pkg-config ca-certificates uidmap
  libfmt-dev libssl-dev libsqlite3-dev libzstd-dev liblzma-dev libbz2-dev libisal-dev libseccomp-dev libutf8proc-dev
  zlib1g-dev nlohmann-json3-dev libcli11-dev libcurl4-openssl-dev doctest-dev
)
# What the list has of Debian 12's smallest system (mount, passwd, e2fsprogs) is not in that of every release.
demo=(mmdebstrap busybox-static docker-registry python3 procps passwd mount)
tests=(
  skopeo umoci buildah podman crun redis-server postgresql
  git openssh-client openssh-server openssl curl strace attr psmisc time binutils iproute2
  bzip2 gzip xz-utils zstd tar e2fsprogs xfsprogs
  shellcheck shfmt clang libclang-rt-dev universal-ctags
)

list=
for argument in "$@"; do
  case $argument in
    --list) list=yes ;;
    --demo) packages+=("${demo[@]}") ;;
    --tests) packages+=("${demo[@]}" "${tests[@]}") ;;
    *)
      echo "usage: scripts/setup-debian.sh [--demo] [--tests] [--list]" >&2
      exit 2
      ;;
  esac
done
[[ -z $list ]] || {
  printf '%s\n' "${packages[@]}"
  exit
}

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
trap 'stop_progress; rm -f "$log"' EXIT
# apt HINT ARGUMENT…
apt() {
  local hint=$1
  shift
  # RUNLEVEL=1: packages of servers do not start them.
  with_progress "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q "$@" || {
    show_log "$log"
    echo "setup-debian.sh: apt-get $1 failed" >&2
    echo "hint: $hint" >&2
    exit 1
  }
}
# A password is asked for before the progress is shown.
[[ ${#as_root[@]} == 0 ]] || sudo -v || true
echo "installing: ${missing[*]:-package lists}"
apt "is the mirror in /etc/apt/sources.list* in reach, is another apt at work?" update
[[ ${#missing[@]} == 0 ]] ||
  apt "see what apt says above; this wants Debian 12 or newer" install -y --no-install-recommends "${missing[@]}"
