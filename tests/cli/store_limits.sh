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
  # A shell starts its background jobs deaf to SIGINT; a terminal does not.
  env --default-signal=INT setsid "$CBUILD" -q -t app "$T/context" 2>"$T/err" 7>&- &
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

finish
