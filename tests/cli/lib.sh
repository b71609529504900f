# The end-to-end harness; every test sources it first. How a test runs:
#
#   CBUILD=build/src/cli/cbuild tests/cli/build_scratch.sh [user|root]
#
# The script starts twice. Outside (with the caller's rights) this file makes a temporary directory, and as root for
# mode "user" (the default) an ordinary user with subordinate ids; then it starts the script again inside: as that
# user, with $T as its place, an empty store and an empty home. When the inner one is over, the outer one looks for
# what must not be left (processes, mounts, files of nobody) and removes everything that was made.
#
# A test says what it expects with the check functions; each prints one line, "ok - NAME" or "not ok - NAME", and the
# test goes on. A test that cannot run here ends with `skip_all REASON`.
# shellcheck shell=bash disable=SC2034
set -uo pipefail

tests_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$tests_dir/../.." && pwd)

_quote() { sed 's/^/#   /' | cut -c 1-300 | tail -n "${1:-25}"; }

# ---- outside -------------------------------------------------------------------------------------------------------

_make_user() {
  local try
  for try in 1 2 3 4 5 6 7 8; do
    if flock /etc/passwd useradd --no-create-home --home-dir "$1/home" --shell /bin/bash "$2" 2>/dev/null; then
      grep -q "^$2:" /etc/subuid && return
      flock /etc/passwd usermod --add-subuids 200000-265535 --add-subgids 200000-265535 "$2" && return
    fi
    sleep 0.$try
  done
  echo "not ok - a user for the test can be made (useradd)"
  exit 1
}

# Processes that were started by the test, by the mark in their environment.
_processes_of() { grep -lzsx "CBUILD_TEST_ID=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3; }

_end_processes() {
  local pid
  for pid in $(_processes_of "$1"); do
    [[ $pid == "$$" ]] || kill -"$2" "$pid" 2>/dev/null
  done
}

_outer_cleanup() {
  trap - EXIT
  _end_processes "$test_id" KILL
  awk -v top="$outer/" 'index($5, top) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
    umount -l "$mount" 2>/dev/null
  done
  [[ ! -f $outer/groups ]] || "$tests_dir/../support/control_groups.sh" remove <"$outer/groups"
  rm -rf "$outer" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$outer" 2>/dev/null || rm -rf "$outer"
  [[ -z ${test_user:-} ]] || flock /etc/passwd userdel "$test_user" 2>/dev/null
}

_outside() {
  local mode=${1:-user} script status user_command=() machine=() program left
  [[ -n ${CBUILD:-} ]] || {
    echo "$0: set CBUILD to the program under test" >&2
    exit 2
  }
  script=$(readlink -f "$0")
  program=$(readlink -f "$CBUILD")
  [[ $mode == user || $EUID == 0 ]] || {
    echo "ok - all of $(basename "$script") # SKIP needs root"
    exit 77
  }
  outer=$(mktemp -d "${TMPDIR:-/tmp}/cbuild-test.XXXXXX")
  test_id=${outer##*.}
  test_user=
  trap _outer_cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 0755 "$outer"
  mkdir -p "$outer/home" "$outer/run"
  if [[ $mode == user && $EUID == 0 ]]; then
    test_user=cbt-$(tr '[:upper:]' '[:lower:]' <<<"$test_id")
    _make_user "$outer" "$test_user"
    user_command=(setpriv --reuid "$test_user" --regid "$test_user" --init-groups --)
    # The checkout may lie where only its owner can go.
    if ! "${user_command[@]}" test -r "$tests_dir/lib.sh" -a -x "$program"; then
      mkdir -p "$outer/source/tests"
      cp -a "$tests_dir" "$source_dir/tests/support" "$outer/source/tests/"
      cp -a "$source_dir/testdata" "$source_dir/scripts" "$outer/source/"
      cp "$program" "$outer/cbuild"
      program=$outer/cbuild
      script=$outer/source/tests/cli/$(basename "$script")
    fi
  fi
  # Bases are made once for all tests.
  local base bases=
  for base in $(grep -ohE 'need_base [a-z]+' "$script" | cut -d ' ' -f 2 | sort -u) busybox; do
    bases=$("$source_dir/scripts/base-images.sh" "$base" | tail -n 1) || {
      echo "not ok - base image $base can be made"
      exit 1
    }
  done
  mkdir -p "$outer/t"
  if [[ $EUID == 0 ]] && grep -q '^need_peer_machine' "$script"; then
    mkdir "$outer/devices"
    machine=("$tests_dir/../support/peer_machine.sh" "$outer/devices")
  fi
  if [[ $EUID == 0 ]] && grep -q '^need_small_disk' "$script"; then
    mkdir "$outer/small"
    mount -t tmpfs -o size=24m,nr_inodes=4000,mode=0777 none "$outer/small"
    # Blocks smaller than a page, and some that only root may take.
    mkdir "$outer/small_ext4"
    truncate -s 24M "$outer/small_ext4.img"
    if mkfs.ext4 -q -b 1024 -m 5 "$outer/small_ext4.img" 2>/dev/null &&
      mount -o loop "$outer/small_ext4.img" "$outer/small_ext4" 2>/dev/null; then
      chmod 0777 "$outer/small_ext4"
    else
      rmdir "$outer/small_ext4"
    fi
  fi
  if [[ -n $test_user ]] && grep -q '^need_control_groups' "$script"; then
    "$tests_dir/../support/control_groups.sh" make "cbuild-test-$test_id" "$test_user" >"$outer/groups"
  fi
  [[ -z $test_user ]] || chown "$test_user:" "$outer/home" "$outer/run" "$outer/t"
  chmod 0700 "$outer/run"
  local variable proxies=()
  for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!variable:-} ]] || proxies+=("$variable=${!variable}")
  done

  "${machine[@]}" "${user_command[@]}" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$outer/home" USER="${test_user:-$(id -un)}" \
    TMPDIR="$outer/t" XDG_RUNTIME_DIR="$outer/run" CBUILD="$program" CBUILD_ROOT="$outer/t/store" \
    CBUILD_BASES="$(dirname "$bases")" CBUILD_TEST_ID="$test_id" CBUILD_TEST_MODE="$mode" \
    "${proxies[@]}" \
    bash -c 'cd "$TMPDIR" && exec bash "$0"' "$script"
  status=$?

  [[ ! -d $outer/small ]] || umount "$outer/small"
  [[ ! -d $outer/small_ext4 ]] || umount "$outer/small_ext4"

  # What cbuild must never leave behind.
  _end_processes "$test_id" TERM
  left=$(for pid in $(pgrep -x cbuild); do
    ! grep -qzsx "CBUILD_TEST_ID=$test_id" "/proc/$pid/environ" || ps -o pid=,stat=,args= -p "$pid"
  done | grep -v ' Z')
  if [[ -n $left ]]; then
    sleep 1
    echo "# cbuild still ran when the test was over:"
    _quote <<<"$left"
  fi
  left=$(awk -v top="$outer/" 'index($5, top) == 1 {print $5}' /proc/self/mountinfo)
  if [[ -n $left ]]; then
    echo "not ok - leaves no mount"
    _quote <<<"$left"
    status=1
  fi
  exit "$status"
}

if [[ -z ${CBUILD_TEST_ID:-} ]]; then _outside "$@"; fi

# ---- inside --------------------------------------------------------------------------------------------------------

T=$TMPDIR
mode=$CBUILD_TEST_MODE
checks=0 failures=0 finished=
status=0 out='' err=''
background=()

_inner_exit() {
  local code=$?
  trap - EXIT
  local pid
  for pid in "${background[@]}"; do kill "$pid" 2>/dev/null; done
  [[ ${#background[@]} == 0 ]] || wait "${background[@]}" 2>/dev/null
  if [[ -z $finished ]]; then
    echo "not ok - $(basename "$0") runs to its end (stopped with code $code after $checks checks)"
    exit 1
  fi
  exit "$code"
}
trap _inner_exit EXIT

# Every test ends with it.
finish() {
  finished=yes
  echo "1..$checks"
  [[ $failures == 0 && $checks -gt 0 ]]
  exit
}

skip_all() {
  echo "ok - all of $(basename "$0") # SKIP $1"
  finished=yes
  exit 77
}

skip() {
  checks=$((checks + 1))
  echo "ok - $1 # SKIP $2"
}

ok() {
  checks=$((checks + 1))
  echo "ok - $1"
}

not_ok() {
  checks=$((checks + 1))
  failures=$((failures + 1))
  echo "not ok - $1"
}

# run COMMAND…: its exit code in $status, its output in $out and $err. Never fails itself.
run() {
  status=0
  "$@" >"$T/.out" 2>"$T/.err" || status=$?
  out=$(tr -d '\0' <"$T/.out")
  err=$(tr -d '\0' <"$T/.err")
  last_command="$*"
}

_show_run() {
  echo "#   command: $last_command"
  echo "#   status:  $status"
  [[ -z $out ]] || { echo "#   stdout:" && _quote 15 <<<"$out"; }
  [[ -z $err ]] || { echo "#   stderr:" && _quote 25 <<<"$err"; }
}

# check NAME COMMAND…: the command succeeds.
check() {
  local name=$1
  shift
  run "$@"
  if [[ $status == 0 ]]; then ok "$name"; else not_ok "$name" && _show_run; fi
}

# check_status NAME CODE COMMAND…: the command ends with that exit code.
check_status() {
  local name=$1 want=$2
  shift 2
  run "$@"
  if [[ $status == "$want" ]]; then
    ok "$name"
  else
    not_ok "$name"
    echo "#   wanted:  status $want"
    _show_run
  fi
}

check_equal() {
  if [[ $2 == "$3" ]]; then
    ok "$1"
  else
    not_ok "$1"
    if [[ $2 == *$'\n'* || $3 == *$'\n'* ]]; then
      diff -U 2 --label wanted --label got <(echo "$2") <(echo "$3") | _quote 40
    else
      printf '#   wanted: %q\n#   got:    %q\n' "$2" "$3"
    fi
  fi
}

check_differ() {
  if [[ $2 != "$3" ]]; then ok "$1"; else not_ok "$1" && printf '#   both: %q\n' "$2"; fi
}

# check_contains NAME TEXT NEEDLE
check_contains() {
  if [[ $2 == *"$3"* ]]; then
    ok "$1"
  else
    not_ok "$1"
    printf '#   wanted in it: %q\n#   text:\n' "$3"
    _quote <<<"$2"
  fi
}

check_lacks() {
  if [[ $2 != *"$3"* ]]; then
    ok "$1"
  else
    not_ok "$1"
    printf '#   unwanted in it: %q\n#   text:\n' "$3"
    _quote <<<"$2"
  fi
}

# check_less NAME NUMBER LIMIT [UNIT]
check_less() {
  if [[ $2 -lt $3 ]]; then ok "$1"; else not_ok "$1" && echo "#   wanted: below $3 ${4:-}; got: $2"; fi
}

# The program under test. A function, so that tests read like a user's terminal.
cbuild() { "$CBUILD" "$@"; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# timed COMMAND…: as run; how long it took in $elapsed, in milliseconds.
timed() {
  local started
  started=$(milliseconds)
  run "$@"
  elapsed=$(($(milliseconds) - started))
}

# json EXPRESSION: a Python expression over `d`, the document on standard input.
json() {
  python3 -c 'import json, sys
try:
    d = json.load(sys.stdin)
except ValueError:
    sys.exit("no JSON")
value = eval(sys.argv[1])
print(value if isinstance(value, (str, int)) else json.dumps(value))' "$1"
}

# dockerfile [DIRECTORY]: writes the Dockerfile from standard input, in $T/context when not told.
dockerfile() {
  local directory=${1:-$T/context}
  mkdir -p "$directory"
  cat >"$directory/Dockerfile"
}

# need_base NAME: imports a base that scripts/base-images.sh made (see _outside), under its usual name.
need_base() {
  local reference
  case $1 in
    python) reference=python:3.11-slim ;;
    node) reference=node:18-slim ;;
    busybox) reference=busybox:latest ;;
  esac
  run cbuild import "$CBUILD_BASES/$1.tar" "$reference"
  [[ $status == 0 ]] || {
    not_ok "imports the base $reference"
    _show_run
    finish
  }
}

# need_peer_machine PROGRAM…: they must run here as an ordinary user; see _outside.
need_peer_machine() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || skip_all "no $program"; done
  peer_setup
}

# need_small_disk: a file system of 24 MiB and 4000 inodes at $small_disk, and where loop devices are to be had one with blocks of 1 KiB
# at $small_ext4, which is empty elsewhere; made by _outside.
need_small_disk() {
  small_disk=$(dirname "$T")/small
  small_ext4=$(dirname "$T")/small_ext4
  [[ -d $small_ext4 ]] || small_ext4=
  [[ -d $small_disk ]] || skip_all "needs root to mount a file system"
}

# need_control_groups: groups of cgroup v1 that this user may write, made by _outside for a user; their directories are
# $control_groups, where there are any. Root writes those that it is in.
need_control_groups() {
  mapfile -t control_groups < <(cat "$(dirname "$T")/groups" 2>/dev/null)
}

# enter_control_groups: moves this (sub)shell into all of them.
enter_control_groups() {
  local group
  for group in "${control_groups[@]}"; do echo 0 >"$group/cgroup.procs"; done
}

# isolated_by WAY COMMAND…: runs it so that steps are isolated in this way: all-ids; one-id; copies, with a store in
# $T/copies/m, where no overlay can be mounted; masked or masked-one-id, where /proc is masked; chroot; none.
# shellcheck disable=SC2016 # of the inner shells
isolated_by() {
  local way=$1 all=(--map-root-user --map-auto) mask='mount --bind /dev/null /proc/interrupts && exec "$@"'
  shift
  [[ $EUID != 0 ]] || all=()
  case $way in
    one-id) unshare --map-root-user -- "$@" ;;
    copies)
      mkdir -p "$T"/copies/{l,u,w,m}
      unshare --mount "${all[@]}" -- bash -c 'mount -t overlay -o "lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" overlay "$1/m" &&
        shift && exec "$@"' - "$T/copies" "$@"
      ;;
    masked) unshare --mount "${all[@]}" sh -c "$mask" - "$@" ;;
    masked-one-id) unshare --mount --map-root-user sh -c "$mask" - "$@" ;;
    chroot | none) CBUILD_ISOLATION=$way "$@" ;;
    *) "$@" ;;
  esac
}

image_id() { cbuild inspect "$1" 2>/dev/null | json 'd[0]["Id"]'; }

# files_of IMAGE [PATH…]: the entries of an image as tar shows them: mode, owner, size, name, link.
files_of() {
  local image=$1
  shift
  printf 'FROM %s\n' "$image" | cbuild build -q -o type=tar,dest=- - |
    tar tvf - --numeric-owner | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8} //; s/ +/ /g; s# \./# #' |
    if [[ $# -gt 0 ]]; then
      local path
      cat >"$T/.files"
      for path in "$@"; do
        awk -v want="${path%/}" '{ name = $4; gsub(/^\.?\/|\/$/, "", name) } name == want { print; found = 1 }
          END { if (!found) print "missing " want }' "$T/.files"
      done
    else
      cat
    fi
}

# file_of IMAGE PATH: the content of one file.
file_of() {
  printf 'FROM %s\n' "$1" | cbuild build -q -o type=tar,dest=- - | tar xOf - "${2#/}" 2>/dev/null
}

# check_store NAME: every image of the store can be read to its last byte (saving checks all digests).
check_store() {
  local image
  run true
  for image in $(cbuild images -q | sort -u); do
    run cbuild save -o "$T/.whole.tar" "$image"
    [[ $status == 0 ]] || break
  done
  if [[ $status == 0 ]]; then ok "$1"; else not_ok "$1" && out= && _show_run; fi
}

# empty_store: no image, no cache.
empty_store() {
  local images
  images=$(cbuild images -q --no-trunc | sort -u)
  # shellcheck disable=SC2086
  [[ -z $images ]] || cbuild rmi --force $images >/dev/null 2>&1
  cbuild prune --all --force >/dev/null 2>&1
}

# free_port: a port of 127.0.0.1 that nobody listens on, below the range that connections take their own ports from
# (ip_local_port_range): none of a test beside this one can take it before the server has it.
free_port() {
  python3 -c 'import random, socket
while True:
    port = random.randrange(12000, 32000)
    try:
        socket.socket().bind(("127.0.0.1", port))
        break
    except OSError:
        pass
print(port)'
}

# in_background COMMAND…: its process id in $pid; ended with the test.
in_background() {
  "$@" &
  pid=$!
  background+=("$pid")
}

# wait_until SECONDS COMMAND…: repeats it until it succeeds.
wait_until() {
  local ends=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $ends ]] || return 1
    sleep 0.1
  done
}

# start_registry [tls] [auth]: Debian's docker-registry on a free port; $registry is HOST:PORT. With tls, $T/registry
# has cert.pem and key.pem; with auth, the user is "user" and the password "secret".
start_registry() {
  command -v docker-registry >/dev/null || skip_all "no docker-registry"
  local port scheme=http extra='' option try directory=$T/registry-$RANDOM
  mkdir -p "$directory/data"
  for try in 1 2 3; do
    port=$(free_port)
    registry=127.0.0.1:$port
    extra=
    for option in "$@"; do
      case $option in
        tls)
          scheme=https
          openssl req -x509 -newkey rsa:2048 -nodes -keyout "$directory/key.pem" -out "$directory/cert.pem" -days 2 \
            -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1,DNS:localhost 2>/dev/null
          ;;
        auth)
          python3 -W ignore -c 'import crypt
print("user:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >"$directory/htpasswd"
          extra+="auth: {htpasswd: {realm: test, path: $directory/htpasswd}}"$'\n'
          ;;
      esac
    done
    cat >"$directory/config.yml" <<YML
version: 0.1
log: {accesslog: {disabled: true}, level: warn}
storage: {filesystem: {rootdirectory: $directory/data}, delete: {enabled: true}}
$extra
http:
  addr: $registry
$([[ $scheme != https ]] || echo "  tls: {certificate: $directory/cert.pem, key: $directory/key.pem}")
YML
    in_background docker-registry serve "$directory/config.yml" >"$directory/log" 2>&1
    registry_dir=$directory
    registry_url=$scheme://$registry
    if wait_until 10 curl -ksS -o /dev/null "$registry_url/v2/"; then return; fi
  done
  _quote <"$directory/log"
  skip_all "docker-registry does not start"
}

# start_file_server DIRECTORY [NAME]: a web server for it (see file_server.py); $www (or $NAME) is its URL, $T/www.log its
# log.
start_file_server() {
  local name=${2:-www}
  rm -f "$T/$name.port"
  : >"$T/$name.log"
  in_background python3 "$tests_dir/file_server.py" "$1" "$T/$name.log" "$T/$name.port"
  wait_until 10 test -e "$T/$name.port" || skip_all "no web server"
  printf -v "$name" 'http://127.0.0.1:%s' "$(cat "$T/$name.port")"
}

# Other people's programs, as an ordinary user or as root, with stores of their own in $T.
peer_setup() {
  mkdir -p "$HOME/.config/containers"
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$HOME/.config/containers/policy.json"
  printf '[storage]\ndriver = "%s"\nrunroot = "%s"\ngraphroot = "%s"\n' overlay "$T/peer/run" "$T/peer/storage" \
    >"$HOME/.config/containers/storage.conf"
  export CONTAINERS_STORAGE_CONF=$HOME/.config/containers/storage.conf STORAGE_DRIVER=overlay
  export BUILDAH_ISOLATION=chroot
  # crun runs nothing where /sys/fs/cgroup is not cgroup v2: see peer_machine.sh for what root does about it.
  [[ $EUID == 0 || $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] || _peer_namespaces
}

# An ordinary user's podman runs in namespaces that have a mount of cgroup v2, and takes them for those that it would make.
_peer_namespaces() {
  in_background unshare --map-root-user --map-auto --mount --cgroup \
    bash -c 'mount -t cgroup2 none /sys/fs/cgroup && touch "$0" && exec sleep infinity' "$T/peer.ready"
  peer_pid=$pid
  wait_until 10 test -e "$T/peer.ready" || skip_all "crun wants cgroup v2 at /sys/fs/cgroup"
  podman() {
    nsenter --target "$peer_pid" --user --mount --cgroup env _CONTAINERS_USERNS_CONFIGURED=done \
      _CONTAINERS_ROOTLESS_UID="$UID" _CONTAINERS_ROOTLESS_GID="$(id -g)" podman "$@"
  }
}

skopeo() { command skopeo --policy "$HOME/.config/containers/policy.json" "$@"; }
