#!/usr/bin/env bash
# Ctrl-C and SIGTERM: over within two seconds, nothing is left.
source "$(dirname "$0")/lib.sh"
need_base busybox
mark=$((RANDOM + 700000))
dockerfile <<END
FROM busybox
RUN echo done > /done
RUN trap '' INT TERM; sleep $mark & sleep $mark; sleep $mark
END
running() { pgrep -f "sleep $mark" >/dev/null; }
entries() { find "$CBUILD_ROOT" ! -name '*-wal' ! -name '*-shm' ! -name '*.lock' | sort; }

cbuild -q -t part --target 0 -f - "$T/context" <<<"FROM busybox
RUN echo done > /done" >/dev/null 2>&1
entries >"$T/before"
for signal in INT TERM; do
  # A shell starts its background jobs deaf to SIGINT; a terminal does not.
  env --default-signal=INT setsid "$CBUILD" -t never "$T/context" >/dev/null 2>"$T/err" &
  pid=$!
  check "SIG$signal: the step runs" wait_until 20 running
  started=$(milliseconds)
  kill -"$signal" "$pid"
  wait "$pid"
  code=$?
  elapsed=$(($(milliseconds) - started))
  check_equal "SIG$signal: exit code" "$([[ $signal == INT ]] && echo 130 || echo 143)" "$code"
  check_less "SIG$signal: over at once" "$elapsed" 2000 ms
  check_equal "SIG$signal: no process is left" "" "$(pgrep -af "sleep $mark")"
  check_status "SIG$signal: nothing is tagged" 2 cbuild inspect never
  check_equal "SIG$signal: no file is left" "" "$(entries | diff "$T/before" - | grep '^>' | head)"
done
check "what was done before is kept" cbuild -q --progress plain -f - "$T/context" <<<"FROM busybox
RUN echo done > /done"

# A step that writes faster than its output is read: a reader of 1 MB/s.
dockerfile "$T/noisy" <<'END'
FROM busybox
RUN cat /dev/zero | tr '\0' '\n'
END
read_slowly() {
  python3 -c 'import os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
while os.read(fd, 10000): time.sleep(0.01)' "$1"
}
for signal in INT TERM HUP; do
  mkfifo "$T/fifo-$signal"
  in_background read_slowly "$T/fifo-$signal"
  env --default-signal=INT,HUP setsid "$CBUILD" --progress plain -t never "$T/noisy" >/dev/null 2>"$T/fifo-$signal" &
  pid=$!
  check "SIG$signal: the noisy step runs" wait_until 20 pgrep -fx 'cat /dev/zero'
  sleep 1
  started=$(milliseconds)
  kill -"$signal" "$pid"
  wait "$pid"
  code=$?
  check_equal "SIG$signal: exit code of the noisy build" "$((128 + $(kill -l "$signal")))" "$code"
  check_less "SIG$signal: a noisy step is over at once" "$(($(milliseconds) - started))" 2000 ms
done

# A registry that accepts connections and says nothing.
port=$(free_port)
in_background python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
held = []
while True: held.append(s.accept())' "$port" >"$T/silent"
wait_until 5 grep -q ready "$T/silent"
env --default-signal=INT setsid "$CBUILD" pull "127.0.0.1:$port/silent:1" >/dev/null 2>&1 &
pid=$!
sleep 1
started=$(milliseconds)
kill -INT "$pid"
wait "$pid"
code=$?
check_equal "a waiting pull: exit code" 130 "$code"
check_less "a waiting pull: over at once" "$(($(milliseconds) - started))" 2000 ms
check_store "the store is sound"
finish
