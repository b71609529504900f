#!/usr/bin/env bash
# Shows cbuild at work from nothing: installs what building it needs, builds it, makes base images from Debian packages,
# starts a registry on this machine, and as an ordinary user builds the sample application's three images, pushes
# them, deletes them, pulls them again. What it starts it ends, also when interrupted.
#
# Run as root it makes an ordinary user for the time it runs; run as a user it is that user (sudo installs packages).
# Leaves the program in ./build-release/src/cli/cbuild and the base images in their cache. With CBUILD set it shows that
# program and builds none.
set -euo pipefail
umask 022
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/progress.sh"
started_in=$PWD
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=$source_dir/build-release
program=$(realpath -m "${CBUILD:-$build/src/cli/cbuild}")
app=$source_dir/testdata/voting-app

bold='' dim='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
now() { date +%s%N; }
seconds_since() {
  local ms=$((($(now) - $1) / 1000000))
  if ((ms < 1000)); then echo "$ms ms"; else printf '%d.%02d s\n' $((ms / 1000)) $((ms % 1000 / 10)); fi
}

work=''
registry_pid=''
demo_user=''
# Ends and removes what the demo made.
remove_all() {
  [[ -z $registry_pid ]] || kill "$registry_pid" 2>/dev/null || true
  registry_pid=''
  if [[ -n $demo_user ]]; then
    pkill -KILL -U "$demo_user" || true
    flock /etc/passwd userdel "$demo_user" 2>/dev/null || true
  fi
  demo_user=''
  if [[ -n $work ]]; then
    # Files of a user's store belong to subordinate ids.
    rm -rf "$work" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$work" || true
  fi
  work=''
}
cleanup() {
  local status=$?
  trap - EXIT INT TERM
  stop_progress
  remove_all
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# give_up HINT [LOG]
give_up() {
  [[ -z ${2:-} ]] || show_log "$2"
  printf 'demo.sh: stopped\nhint: %s\n' "$1" >&2
  exit 1
}

# Compiles the program; shows how far it is.
compile() {
  local started log=$build/build.log
  started=$(now)
  mkdir -p "$build"
  [[ -e $build/build.ninja ]] || meson setup --buildtype=release "$build" "$source_dir" >"$log" 2>&1 ||
    give_up "remove $build and try again" "$log"
  with_progress "$log" ninja -C "$build" src/cli/cbuild ||
    give_up "the first error is above; a compiler that was killed had too little memory: try ninja -j1 -C $build" "$log"
  echo "built in $(seconds_since "$started")"
}

title "Install what is missing, build cbuild"
"$source_dir/scripts/setup-debian.sh" --demo
[[ -n ${CBUILD:-} ]] || compile

title "Make base images from Debian packages"
tars=$("$source_dir/scripts/base-images.sh" python node busybox) ||
  give_up "the base images want a Debian mirror, and Node.js the npm registry when npm is installed"
bases=$(dirname "$(tail -n 1 <<<"$tars")")

work=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-demo.XXXXXX")
chmod 0755 "$work"
mkdir "$work/home" "$work/registry"
as_user=(env)
if [[ $EUID == 0 ]]; then
  demo_user=cbdemo-$$
  flock /etc/passwd useradd --no-create-home --home-dir "$work/home" --shell /bin/bash "$demo_user"
  chown "$demo_user:" "$work/home"
  as_user=(setpriv --reuid "$demo_user" --regid "$demo_user" --init-groups -- env)
fi
as_user+=(-u XDG_DATA_HOME -u XDG_RUNTIME_DIR -u CBUILD_ROOT "USER=${demo_user:-$(id -un)}" "HOME=$work/home" "TMPDIR=$work/home")
# The program and the application, where that user can read them whatever the rights of the checkout are.
cp "$program" "$work/cbuild"
cp -r "$app" "$work/voting-app"
cd "$work/voting-app"

title "Start a registry on this machine"
for _ in 1 2 3 4 5; do
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >"$work/registry.yml" <<YML
version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:$port"}
YML
  docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
  registry_pid=$!
  for _ in $(seq 50); do
    if ! kill -0 "$registry_pid" 2>/dev/null; then continue 2; fi
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break 2; fi
    sleep 0.1
  done
done
kill -0 "$registry_pid" 2>/dev/null || give_up "docker-registry does not start: see above" "$work/registry.log"
registry=localhost:$port
echo "docker-registry listens at $registry"

# Runs cbuild as the user; shows the command as one would type it.
say() { printf '%s$ cbuild %s%s\n' "$bold" "${*//"$bases/"/}" "$plain"; }
cbuild() { "${as_user[@]}" "$work/cbuild" "$@"; }
# timed COMMAND…: how long it takes; what it says only when it fails.
timed() {
  say "$@"
  local started
  started=$(now)
  cbuild "$@" >"$work/output" 2>&1 </dev/null || give_up "$(hint_for "$work/output")" "$work/output"
  echo "$dim  $(seconds_since "$started")$plain"
}

# hint_for OUTPUT: what helps against the usual causes.
hint_for() {
  if grep -qE 'CERT_|_CERT|certificate' "$1"; then
    echo "this network has a certificate authority of its own: put its certificate into" \
      "/usr/local/share/ca-certificates/NAME.crt, run update-ca-certificates as root, and start the demo again"
  elif grep -qE 'npm (ERR!|error)' "$1"; then
    echo "npm ci wants an npm registry; when yours is not registry.npmjs.org, write registry=URL into ~/.npmrc and" \
      "start the demo again"
  else
    echo "docs/rootless.md tells what an ordinary user needs, and what to do when something refuses"
  fi
}

# short PATH: as one types it where the demo was started.
short() { printf '%q' "${1#"$started_in/"}"; }

title "Everything from here on is done by $("${as_user[@]}" id -un): no root, no daemon"
timed import "$bases/python.tar" python:3.11-slim
timed import "$bases/node.tar" node:18-slim
timed import "$bases/busybox.tar" busybox:latest

title "Build the voting application"
for service in vote worker result; do timed build -t "$registry/voting/$service:1" "$service"; done

title "Build it again: nothing has changed"
for service in vote worker result; do timed build -t "$registry/voting/$service:1" "$service"; done

title "One line of code has changed"
echo "# changed" | "${as_user[@]}" tee -a "$work/home/line" >/dev/null
cat "$work/home/line" >>vote/app.py
timed build -t "$registry/voting/vote:2" vote

title "Push"
for service in vote worker result; do timed push "$registry/voting/$service:1"; done

title "Delete, and pull again"
for service in vote worker result; do timed rmi "$registry/voting/$service:1"; done
timed prune
for service in vote worker result; do timed pull "$registry/voting/$service:1"; done

title "What is there"
say images
cbuild images
say history "$registry/voting/result:1"
cbuild history "$registry/voting/result:1"

title "Remove what the demo made"
cd "$started_in"
remove_all

title "Now yours"
echo "The demo's images are gone, the bases are kept. This takes one into your own store and builds on it:"
echo
echo "$(short "$program") import $(short "$bases/python.tar") python:3.11-slim && $(short "$program") -t mine $(short "$app/vote")"
