#!/usr/bin/env bash
# The store at its limits: held by others, its log damaged, read-only, of another owner, at odd places.
source "$(dirname "$0")/lib.sh"

mkdir -p "$T/context" && echo x >"$T/context/file"
dockerfile <<'END'
FROM scratch
COPY file /
END

# ---- a stopped holder of the database ------------------------------------------------------------------------------

cat >"$T/hold.py" <<'END'
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
open(sys.argv[3]).read()
END
run cbuild images
mkfifo "$T/go_on"
exec 7<>"$T/go_on"
in_background python3 "$T/hold.py" "$CBUILD_ROOT/store.db" "$T/held" "$T/go_on" 7>&-
holder=$pid
check "another process holds the database" wait_until 10 test -e "$T/held"
kill -STOP "$holder"
for signal in INT TERM HUP; do
  # A shell starts its background jobs deaf to SIGINT, nohup all to SIGHUP; a terminal does not.
  env --default-signal=INT,HUP setsid "$CBUILD" -q -t app "$T/context" 2>"$T/err" 7>&- &
  pid=$!
  check "SIG$signal: after a while the build says what it waits for" \
    wait_until 10 grep -q "waiting for another cbuild that writes to the store" "$T/err"
  started=$(milliseconds)
  kill -"$signal" "$pid"
  wait "$pid"
  code=$?
  check_equal "SIG$signal: exit code" $((128 + $(kill -l "$signal"))) "$code"
  check_less "SIG$signal: over at once" "$(($(milliseconds) - started))" 2000 ms
done
"$CBUILD" -q -t app "$T/context" >"$T/out" 2>"$T/err" 7>&- &
pid=$!
sleep 1
kill -CONT "$holder"
exec 7>&-
wait "$pid"
check_equal "once the holder is gone, the build goes on" 0 $?
check "its image is there" cbuild inspect app

# ---- a damaged log of the database ----------------------------------------------------------------------------------

# A reader keeps the log from being folded in, as a build that is killed does.
cat >"$T/read.py" <<'END'
import os, sqlite3, subprocess, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT * FROM names").fetchall()
subprocess.run(sys.argv[2:], check=True)
os._exit(0)
END
# damage KIND NUMBER: of the log.
cat >"$T/damage.py" <<'END'
import os, random, sys
path, kind, seed = sys.argv[1:]
random.seed(seed)
size = os.path.getsize(path)
if kind == "delete":
    os.unlink(path)
elif kind == "empty":
    os.truncate(path, 0)
elif kind == "cut":
    os.truncate(path, random.randrange(1, size))
else:
    at = random.randrange(32) if kind == "header" else random.randrange(32, size - 4096)
    with open(path, "r+b") as log:
        log.seek(at)
        byte = log.read(1)[0]
        log.seek(at)
        log.write(bytes([byte ^ 1 << random.randrange(8)]))
END
layers() { find "$CBUILD_ROOT/snapshots" -mindepth 1 -maxdepth 1 | sort; }
log=$CBUILD_ROOT/store.db-wal

check_equal "names do not live in the log alone" 0 "$(stat -c %s "$log")"
for kind in delete empty; do
  python3 "$T/damage.py" "$log" $kind 0
  check "without the log ($kind) the image is there" cbuild inspect app
  : >>"$log"
done

silent=0 removed=0 broken=0
for trial in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
  case $((trial % 5)) in
    0) kind=delete ;;
    1) kind=header ;;
    2) kind=flip ;;
    3) kind='cut' ;;
    4) kind=empty ;;
  esac
  export CBUILD_ROOT=$T/damaged
  rm -rf "$CBUILD_ROOT"
  run cbuild images
  echo $trial >"$T/context/file"
  run python3 "$T/read.py" "$CBUILD_ROOT/store.db" "$CBUILD" -q -t damaged "$T/context"
  log=$CBUILD_ROOT/store.db-wal
  layers >"$T/layers"
  python3 "$T/damage.py" "$log" $kind $trial
  run cbuild inspect damaged
  [[ $status == 0 || $err == *"verify --repair"* ]] || { silent=$((silent + 1)) && echo "# $kind" && _show_run; }
  # A build that has something to do sweeps.
  echo other >"$T/context/file"
  run cbuild -q -t other "$T/context"
  [[ $status == 0 ]] || broken=$((broken + 1))
  echo another >"$T/context/file"
  run cbuild -q -t another "$T/context"
  run cbuild rmi another
  [[ -z $(layers | comm -23 "$T/layers" -) ]] || { removed=$((removed + 1)) && echo "# $kind" && _show_run; }
done
check_equal "no damage of the log loses an image without a word" 0 "$silent"
check_equal "nor has a layer directory removed" 0 "$removed"
check_equal "builds go on" 0 "$broken"
check "prune removes what the database does not know" cbuild prune
export CBUILD_ROOT=$T/store
echo x >"$T/context/file"

# ---- parts that are missing -----------------------------------------------------------------------------------------

for part in staging ingest locks blobs; do
  mv "$CBUILD_ROOT/$part" "$T/$part"
  check "without $part/ it builds" cbuild -q --no-cache -t again "$T/context"
done
rm -rf "$CBUILD_ROOT/blobs" && mv "$T/blobs" "$CBUILD_ROOT/blobs"
cp -a "$CBUILD_ROOT" "$T/headless"
rm "$T/headless/store.db"
check_status "a store without its database is refused" 4 cbuild --root "$T/headless" images
check_contains "with the reason" "$err" "store.db: No such file or directory"
check_contains "and what to do" "$err" "hint: the store is damaged: 'cbuild verify --repair'"

# ---- owners and modes -----------------------------------------------------------------------------------------------

for mask in 0000 0022 0077; do
  mkdir -m 0777 "$T/given$mask"
  (umask $mask && exec "$CBUILD" --root "$T/given$mask" images >/dev/null)
  check_equal "a directory that was given becomes private (umask $mask)" 700 "$(stat -c %a "$T/given$mask")"
done
mkdir "$T/foreign" && echo precious >"$T/foreign/file"
chmod 0755 "$T/foreign"
check_status "one with other things in it is refused" 4 cbuild --root "$T/foreign" images
check_equal "and not touched" "755 file" "$(stat -c %a "$T/foreign") $(ls "$T/foreign")"
chmod 0777 "$T/given0022"
check_status "a store that others may write to is refused" 4 cbuild --root "$T/given0022" images
check_contains "with what to do" "$err" "chmod 700 $T/given0022"
ln -s "$CBUILD_ROOT" "$T/link"
check "a link to a store will do" cbuild --root "$T/link" inspect app
if [[ $mode == root ]]; then
  for owned in "" version store.db blobs; do
    rm -rf "$T/other" && cp -a "$CBUILD_ROOT" "$T/other"
    chown nobody "$T/other/$owned"
    check_status "another's ${owned:-store} is refused, also by root" 4 cbuild --root "$T/other" images
    check_contains "with its owner" "$err" "belongs to user $(id -u nobody)"
  done
  mkdir "$T/empty" && chown nobody "$T/empty"
  check_status "no store is made in another's directory" 4 cbuild --root "$T/empty" images
  check_equal "which is not touched" "" "$(ls "$T/empty")"
  mkdir -m 0777 "$T/prepared" "$T/prepared/blobs" && chown nobody "$T/prepared/blobs"
  check_status "nor where another has prepared something" 4 cbuild --root "$T/prepared" images
fi

# ---- odd places -----------------------------------------------------------------------------------------------------

long=$T/$(printf 'x%.0s' {1..200})/$(printf 'y%.0s' {1..200})
for place in "$T/with space" "$T/new
line" "$T/ü:,\\\"'%?#" "$long"; do
  check "a store at an odd place: $(printf %q "${place:${#T}:30}")" cbuild -q --root "$place" -t app "$T/context"
  check "and again" cbuild -q --root "$place" inspect app
done
: >"$T/file"
for place in "$T/file" /dev/null "$T/file/below" /proc "$T/$(printf 'z%.0s' {1..300})" $'/proc/new\nline'; do
  check_status "no store at $(printf %q "${place:0:60}")" 4 cbuild --root "$place" images
  check_equal "one line says so" 1 "$(grep -vc '^hint: ' <<<"$err")"
done

# ---- a read-only store ----------------------------------------------------------------------------------------------

mkdir "$T/read_only"
read_only() {
  if [[ $mode == root ]]; then
    mount --bind "$1" "$T/read_only" && mount -o remount,bind,ro "$T/read_only"
  else
    # shellcheck disable=SC2016
    in_read_only=(unshare --map-root-user --map-auto --mount bash -c
      'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && shift 2 && exec "$@"' bash "$1" "$T/read_only")
  fi
}
on_read_only() { "${in_read_only[@]}" "$CBUILD" --root "$T/read_only" "$@"; }
in_read_only=()
cp -a "$CBUILD_ROOT" "$T/no_shm"
rm -f "$T/no_shm/store.db-shm" "$T/no_shm/store.db-wal"
for store in "$CBUILD_ROOT" "$T/no_shm"; do
  name=$(basename "$store")
  read_only "$store"
  check "read-only $name: images" on_read_only images
  check_contains "read-only $name: all are listed" "$out" app
  for command in inspect history; do check "read-only $name: $command" on_read_only $command app; done
  check "read-only $name: df" on_read_only df
  check "read-only $name: save" on_read_only save -o "$T/saved.tar" app
  check_status "read-only $name: tag is refused" 4 on_read_only tag app other
  check_contains "read-only $name: with the reason" "$err" "read-only"
  check_status "read-only $name: rmi is refused" 4 on_read_only rmi app
  check_contains "read-only $name: with the reason" "$err" "read-only"
  check_status "read-only $name: prune is refused" 4 on_read_only prune
  check_contains "read-only $name: with the reason" "$err" "read-only"
  echo new >"$T/context/file"
  check_status "read-only $name: a build that has something to do is refused" 4 on_read_only -q -t app "$T/context"
  check_contains "read-only $name: with the reason" "$err" "ead-only"
  [[ $mode != root ]] || umount "$T/read_only"
done

finish
