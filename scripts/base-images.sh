#!/usr/bin/env bash
# Makes base images as root file system tars from Debian packages, for machines that reach a Debian mirror but no
# public image registry.
#
#   scripts/base-images.sh [python] [node] [busybox]      default: all three
#
# The tars are left in $CBUILD_BASES and made again only when this script changes. Works as root and, where user
# namespaces are allowed, as an ordinary user. `cbuild import TAR python:3.11-slim` puts one into a store.
set -euo pipefail

if [[ $EUID == 0 ]]; then
  bases=${CBUILD_BASES:-/var/tmp/cbuild-bases}
else
  bases=${CBUILD_BASES:-${XDG_CACHE_HOME:-$HOME/.cache}/cbuild-bases}
fi
self=$(readlink -f "$0")
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

die() {
  echo "base-images.sh: $*" >&2
  exit 1
}

# The Debian sources that this machine itself uses, one "deb URI SUITE COMPONENT" a line. Third-party sources have
# another origin and stay behind.
machine_sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    sort -u
}

# How this machine's apt reaches its mirrors: proxies, date checks.
machine_apt_options() {
  apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])(::[^ ]+)? ".+";$' ||
    true
}

# How this machine's npm reaches its registry, as lines of an npmrc. Tokens are not copied: the image may be pushed.
machine_npmrc() {
  local key value
  for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(npm config get "$key" 2>/dev/null || true)
    case $value in '' | null | undefined) continue ;; esac
    echo "$key=$value"
  done
}

# Runs as a hook of mmdebstrap, outside the new root $1: makes it look like the public image.
customize() {
  local kind=$1 root=$2
  rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/resolv.conf "$root"/etc/hostname
  cat >"$root/etc/apt/apt.conf.d/docker" <<'CONF'
APT::AutoRemove::SuggestsImportant "false";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
CONF
  [[ ! -s $work/apt.conf ]] || cp "$work/apt.conf" "$root/etc/apt/apt.conf.d/machine"
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
    chmod 0644 "$root"/usr/local/share/ca-certificates/*.crt
    chroot "$root" update-ca-certificates >/dev/null
  fi
  case $kind in
    python)
      ln -s /usr/bin/python3 "$root/usr/local/bin/python"
      # An image is nobody's desktop: pip may install beside apt, as in the public image.
      rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
      printf '[global]\nbreak-system-packages = true\nroot-user-action = ignore\ndisable-pip-version-check = true\n' \
        >"$root/etc/pip.conf"
      ;;
    node)
      if [[ -e $work/npm.tgz ]]; then
        mkdir -p "$root/usr/local/lib/node_modules/npm"
        tar -C "$root/usr/local/lib/node_modules/npm" --strip-components=1 --no-same-owner -xzf "$work/npm.tgz"
        ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
        ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
      fi
      # npm reads the one beside node's prefix, Debian's own npm the one in /etc. Node has its own list of authorities
      # and must be told of the system's.
      mkdir -p "$root/usr/etc"
      { cat "$work/npmrc" && echo 'cafile=/etc/ssl/certs/ca-certificates.crt' && echo 'update-notifier=false'; } \
        >"$root/usr/etc/npmrc"
      cp "$root/usr/etc/npmrc" "$root/etc/npmrc"
      ;;
  esac
}

make_debian() {
  local kind=$1 packages=$2 option
  local -a options=()
  while read -r option; do
    options+=(--aptopt="$option")
  done <"$work/apt.conf"
  mmdebstrap --quiet --variant=minbase --include="ca-certificates,$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --skip=output/dev --customize-hook="'$self' --customize '$kind' '$work' \"\$1\"" \
    "$codename" "$work/$kind.tar" - <"$work/sources.list" 2>"$work/$kind.log" ||
    { cat "$work/$kind.log" >&2; die "mmdebstrap could not make $kind"; }
  # Device nodes are for whoever runs the image to provide; their directory belongs to it.
  mkdir -p "$work/empty/dev"
  tar -C "$work/empty" --owner=0 --group=0 --mode=0755 -rf "$work/$kind.tar" ./dev
}

# One static program with many names, as the public busybox image has it.
make_busybox() {
  local root=$work/busybox program name
  program=$(command -v busybox) || die "busybox is missing; scripts/setup-debian.sh installs it"
  mkdir -p "$root"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr/bin,usr/sbin,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  chmod 0700 "$root/root"
  cp "$program" "$root/bin/busybox"
  chmod 0755 "$root/bin/busybox"
  for name in $(busybox --list); do
    [[ $name == busybox ]] || ln "$root/bin/busybox" "$root/bin/$name"
  done
  ln -s ../../bin/env "$root/usr/bin/env"
  printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\ndaemon:x:1:\nusers:x:100:\nnogroup:x:65534:\n' >"$root/etc/group"
  printf 'root:*::0:::::\n' >"$root/etc/shadow"
  chmod 0640 "$root/etc/shadow"
  tar -C "$root" --numeric-owner --owner=0 --group=0 --sort=name -cf "$work/busybox.tar" .
}

make_base() {
  local kind=$1 started=$SECONDS
  case $kind in
    python)
      make_debian python python3,python3-pip,python3-flask,python3-redis,python3-psycopg,gunicorn
      ;;
    node)
      # npm as its registry has it is one archive; Debian's is four hundred packages.
      if command -v npm >/dev/null && (cd "$work" && npm pack --silent npm@9 >/dev/null 2>&1); then
        mv "$work"/npm-9*.tgz "$work/npm.tgz"
        make_debian node nodejs
      else
        make_debian node nodejs,npm
      fi
      ;;
    busybox) make_busybox ;;
  esac
  chmod 0644 "$work/$kind.tar"
  mv "$work/$kind.tar" "$bases/$kind.tar"
  echo "$recipe" >"$bases/$kind.recipe"
  echo "$kind.tar: $(($(stat -c %s "$bases/$kind.tar") / 1000000)) MB in $((SECONDS - started)) s"
}

if [[ ${1:-} == --customize ]]; then
  work=$3
  customize "$2" "$4"
  exit
fi

for kind in "$@"; do
  case $kind in
    python | node | busybox) ;;
    *) die "unknown base '$kind' (want python, node, busybox)" ;;
  esac
done
[[ $# -gt 0 ]] || set -- python node busybox

mkdir -p "$bases"
[[ -O $bases ]] || die "$bases belongs to somebody else"
exec 9>"$bases/.lock"
flock 9

recipe=$(sha256sum <"$self")
missing=()
for kind in "$@"; do
  [[ -e $bases/$kind.tar && $(cat "$bases/$kind.recipe" 2>/dev/null) == "$recipe" ]] || missing+=("$kind")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  work=$(mktemp -d "$bases/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 0755 "$work"
  machine_sources >"$work/sources.list"
  [[ -s $work/sources.list || ${missing[*]} == busybox ]] || die "no Debian source known to apt: run apt-get update"
  machine_apt_options >"$work/apt.conf"
  : >"$work/npmrc"
  ! command -v npm >/dev/null || machine_npmrc >"$work/npmrc"
  jobs=()
  for kind in "${missing[@]}"; do
    make_base "$kind" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
fi
for kind in "$@"; do echo "$bases/$kind.tar"; done
