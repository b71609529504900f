#!/usr/bin/env bash
# Makes base images as root file system tars from Debian packages, for machines that reach a Debian mirror but no
# public image registry.
#
#   scripts/base-images.sh [python] [node] [busybox]      default: all three
#
# The tars are left in $CBUILD_BASES; standard output is their paths. A tar is made again when what it is made of has
# changed: this script, the machine's package sources, certificate authorities, and npm's settings. Works as root and,
# where user namespaces are allowed, as an ordinary user. `cbuild import TAR python:3.11-slim` puts one into a store.
set -euo pipefail
self=$(readlink -f "$0")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$self")/progress.sh"

if [[ $EUID == 0 ]]; then
  bases=${CBUILD_BASES:-/var/tmp/cbuild-bases}
else
  bases=${CBUILD_BASES:-${XDG_CACHE_HOME:-$HOME/.cache}/cbuild-bases}
fi
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

# The files that name this machine's package sources, without comments.
source_files() {
  local list='' parts=''
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  cat "$list" "$parts"/*.list "$parts"/*.sources 2>/dev/null | grep -v '^ *#' || true
}

# npm_setting KEY: as npm reads it, from the environment, the user's npmrc, that of the machine; npm may be missing.
npm_setting() {
  local variable=npm_config_${1//-/_} value file user=''
  for user in "${npm_config_userconfig:-}" "${NPM_CONFIG_USERCONFIG:-}" "$HOME/.npmrc"; do [[ -z $user ]] || break; done
  value=${!variable:-}
  variable=${variable^^}
  value=${value:-${!variable:-}}
  for file in "$user" /etc/npmrc /usr/local/etc/npmrc /usr/etc/npmrc; do
    [[ -z $value && -r $file ]] || continue
    value=$(sed -nE "s/^ *$1 *= *[\"']?([^\"']*[^\"' ])[\"']? *$/\1/p" "$file" | tail -n 1)
  done
  while [[ $value =~ \$\{([A-Za-z0-9_]+)\} ]]; do value=${value/"${BASH_REMATCH[0]}"/"${!BASH_REMATCH[1]:-}"}; done
  echo "$value"
}

# How npm reaches its registry from here, as lines of an npmrc. Tokens are not copied: the image may be pushed.
machine_npmrc() {
  local key value
  for key in registry proxy https-proxy noproxy strict-ssl; do
    value=$(npm_setting "$key")
    case $key in
      proxy) value=${value:-${HTTP_PROXY:-${http_proxy:-}}} ;;
      https-proxy) value=${value:-${HTTPS_PROXY:-${https_proxy:-}}} ;;
      noproxy) value=${value:-${NO_PROXY:-${no_proxy:-}}} ;;
    esac
    [[ -z $value ]] || echo "$key=$value"
  done
}

# certificates FILE…: the certificates in files of PEM, each in one line.
certificates() {
  awk '/-----END CERTIFICATE-----/ { if (inside) print text; inside = 0 }
    inside { sub(/\r$/, ""); text = text $0 }
    /-----BEGIN CERTIFICATE-----/ { text = ""; inside = 1 }' "$@" | LC_ALL=C sort -u
}

# The certificates that programs of this machine trust.
machine_certificates() {
  local -a files=()
  local file
  shopt -s globstar nullglob
  for file in /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/**/*.crt \
    "${SSL_CERT_FILE:-}" "${NODE_EXTRA_CA_CERTS:-}" "$(npm_setting cafile)"; do
    [[ ! -f $file || ! -r $file ]] || files+=("$file")
  done
  [[ ${#files[@]} == 0 ]] || certificates "${files[@]}"
}

# recipe_of KIND: a digest of all that the base is made of.
recipe_of() {
  {
    cat "$self"
    if [[ $1 == busybox ]]; then
      cat "$(command -v busybox)" || true
    else
      echo "$codename"
      source_files
      machine_apt_options
      machine_certificates
    fi
    if [[ $1 == node ]]; then
      machine_npmrc
      command -v npm || true
    fi
  } | sha256sum
}

# Adds the authorities that this machine trusts and Debian does not: those of a company's proxies and mirrors.
trust_machine_certificates() {
  local root=$1 certificate file number=0
  while read -r certificate; do
    file=$root/usr/local/share/ca-certificates/machine-$((number += 1)).crt
    printf '%s\n' '-----BEGIN CERTIFICATE-----' "$(fold -w 64 <<<"$certificate")" '-----END CERTIFICATE-----' >"$file"
  done < <(certificates "$root/etc/ssl/certs/ca-certificates.crt" | LC_ALL=C comm -13 - "$work/certificates")
  [[ $number == 0 ]] || chroot "$root" update-ca-certificates >/dev/null
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
  trust_machine_certificates "$root"
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
  mmdebstrap --variant=minbase --include="ca-certificates,$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --skip=output/dev --customize-hook="'$self' --customize '$kind' '$work' \"\$1\"" \
    "$codename" "$work/$kind.tar" - <"$work/sources.list" 2>&1 | sed -u "s/^/$kind: /" >>"$work/log"
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
  # Never the recipe of another tar, whenever this is stopped.
  rm -f "$bases/$kind.recipe"
  mv "$work/$kind.tar" "$bases/$kind.tar"
  echo "${recipes[$kind]}" >"$bases/$kind.recipe"
  say_above "$kind.tar: $(($(stat -c %s "$bases/$kind.tar") / 1000000)) MB in $((SECONDS - started)) s"
}

# make_missing KIND…: side by side.
make_missing() {
  local kind failed=''
  local -A jobs=()
  machine_sources >"$work/sources.list"
  [[ -s $work/sources.list || $* == busybox ]] || die "no Debian source known to apt: run apt-get update"
  machine_apt_options >"$work/apt.conf"
  machine_npmrc >"$work/npmrc"
  machine_certificates >"$work/certificates"
  echo "making $*" >"$work/log"
  start_progress "$work/log"
  for kind in "$@"; do
    make_base "$kind" &
    jobs[$kind]=$!
  done
  for kind in "${!jobs[@]}"; do wait "${jobs[$kind]}" || failed+=" $kind"; done
  stop_progress
  [[ -z $failed ]] || {
    cat "$work/log"
    die "could not make$failed; is the Debian mirror in reach (apt-get update)? Nothing is kept of it: try again"
  }
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

declare -A recipes=()
missing=()
for kind in "$@"; do
  recipes[$kind]=$(recipe_of "$kind")
  [[ -e $bases/$kind.tar && $(cat "$bases/$kind.recipe" 2>/dev/null) == "${recipes[$kind]}" ]] || missing+=("$kind")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  work=$(mktemp -d "$bases/work.XXXXXX")
  trap 'stop_progress >&2; rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 0755 "$work"
  make_missing "${missing[@]}" >&2
fi
for kind in "$@"; do echo "$bases/$kind.tar"; done
