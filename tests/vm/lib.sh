# What the checks share; each sources it first. They run in the guest, in /run/payload, as root and as "builder".
# shellcheck shell=bash
set -uo pipefail
payload=/run/payload
who=$VM_USER
work=$(mktemp -d "$HOME/check.XXXXXX")
trap 'rm -rf "$work"' EXIT
export CBUILD_ROOT=$HOME/store

ok() { echo "ok - $who: $1"; }

# not_ok NAME [TEXT]
not_ok() {
  echo "not ok - $who: $1"
  [[ -z ${2:-} ]] || tail -n 12 <<<"$2" | cut -c 1-200 | sed 's/^/#   /'
}

# note TEXT: what was seen, for people.
note() { echo "# $who: $1"; }

skip() { echo "ok - $who: $1 # SKIP $2"; }

# run COMMAND…: its exit code in $status, its output in $out.
run() {
  status=0
  out=$("$@" 2>&1) || status=$?
}

# check NAME COMMAND…: the command succeeds.
check() {
  local name=$1
  shift
  run "$@"
  if [[ $status == 0 ]]; then ok "$name"; else not_ok "$name" "$out"; fi
}

check_equal() {
  if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "wanted: $2"$'\n'"got:    $3"; fi
}

check_contains() {
  if [[ $2 == *"$3"* ]]; then ok "$1"; else not_ok "$1" "wanted in it: $3"$'\n'"$2"; fi
}

cbuild() { "$payload/cbuild" "$@"; }

# has_option COMMAND OPTION: this cbuild knows it.
has_option() { grep -qe "^ *$2\\b" -e ", $2\\b" <<<"$(cbuild "$1" --help)"; }

# build [OPTION…]: a build of the Dockerfile on standard input.
build() { cbuild build --no-cache "$@" -; }

need_base() {
  cbuild inspect busybox >/dev/null 2>&1 || check "imports the base" cbuild import "$payload/busybox.tar" busybox:latest
}
