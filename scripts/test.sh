#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, runs every test: unit tests and end-to-end tests, as an
# ordinary user and, where this is run as root, as root. The last line is "N passed, N failed, N skipped"; the exit
# code says whether all is well.
#
#   scripts/test.sh [--quick]       --quick: no end-to-end tests as root
#
# Builds in ./build-test ($BUILD_DIR); logs of each test are in its meson-logs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/progress.sh"
source_dir=$(cd "$(dirname "$0")/.." && pwd)
cd "$source_dir"
build=${BUILD_DIR:-$source_dir/build-test}
quick=
[[ ${1:-} != --quick ]] || quick=yes

step() { printf '\n== %s\n' "$*"; }
started=$SECONDS

# Says "0 passed, 1 failed" when something went wrong before the tests could.
summary_printed=
unit_user=
finish() {
  local status=$?
  trap - EXIT
  stop_progress
  if [[ -n $unit_user ]]; then
    pkill -KILL -U "$unit_user" || true
    flock /etc/passwd userdel "$unit_user" 2>/dev/null || true
    rm -rf "$unit_home"
  fi
  if [[ -z $summary_printed ]]; then
    echo "test.sh: stopped before the tests were over" >&2
    echo "0 passed, 1 failed, 0 skipped"
    [[ $status != 0 ]] || status=1
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "install"
scripts/setup-debian.sh --tests

step "build"
mkdir -p "$build"
log=$build/build.log
[[ -e $build/build.ninja ]] || meson setup "$build" -Dwerror=true >"$log" 2>&1 || { show_log "$log" && exit 1; }
with_progress "$log" ninja -C "$build" || { show_log "$log" && exit 1; }
echo "built after $((SECONDS - started)) s"

step "base images"
scripts/base-images.sh | sed 's|.*/||'

logs=()
# suite NAME LOG ARGUMENT…: runs tests of meson; their log is LOG.
suite() {
  local name=$1 log=$2
  shift 2
  step "$name"
  rm -f "$build/meson-logs/$log"*.json
  meson test -C "$build" --no-rebuild --logbase "$log" --print-errorlogs "$@" ||
    echo "(some of it failed)"
  # With a wrapper, meson puts its name behind that of the log.
  logs+=("$build/meson-logs/$log"*.json)
}

not_unit=(--no-suite cli --no-suite lint --no-suite fuzz --no-suite recipes)
suite "lint" lint --suite lint
suite "fuzzing" fuzz --suite fuzz
suite "recipes of docs/adding.md" recipes --suite recipes
if [[ $EUID == 0 ]]; then
  # As an ordinary user too, with subordinate ids, where the checkout can be read by one.
  unit_user=cbu-$$
  unit_home=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-unit.XXXXXX")
  flock /etc/passwd useradd --no-create-home --home-dir "$unit_home" --shell /bin/bash "$unit_user"
  chown "$unit_user:" "$unit_home"
  as_user=(setpriv --reuid "$unit_user" --regid "$unit_user" --init-groups --
    env -u XDG_RUNTIME_DIR "USER=$unit_user" "LOGNAME=$unit_user" "HOME=$unit_home" "TMPDIR=$unit_home")
  if "${as_user[@]}" test -r "$build/build.ninja" -a -r "$source_dir/testdata"; then
    suite "unit tests as an ordinary user" unit-user "${not_unit[@]}" --wrapper "${as_user[*]}"
  else
    echo "unit tests as an ordinary user: skipped, an ordinary user cannot read $source_dir"
  fi
  suite "unit tests as root" unit-root "${not_unit[@]}"
else
  suite "unit tests" unit-user "${not_unit[@]}"
fi
suite "end-to-end tests as an ordinary user" cli-user --suite cli-user
if [[ $EUID == 0 && -z $quick ]]; then suite "end-to-end tests as root" cli-root --suite cli-root; fi

step "result after $((SECONDS - started)) s"
summary_printed=yes
tests/summary.py "${logs[@]}"
