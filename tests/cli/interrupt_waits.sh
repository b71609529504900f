#!/usr/bin/env bash
# A signal ends cbuild within two seconds while it waits for somebody else: the other end of a stream, a terminal, a
# helper program, a lock.
source "$(dirname "$0")/lib.sh"
need_base busybox
mark=$((RANDOM + 800000))
waiting() { python3 "$tests_dir/waiting.py" "$@"; }
declare -A codes=([INT]=130 [TERM]=143 [HUP]=129)

# ends NAME [--stdin KIND]… COMMAND…: after each signal, in time and with its code.
ends() {
  local name=$1 signal
  shift
  for signal in INT TERM; do
    local words=() rest=("$@")
    while [[ ${rest[0]} == --* ]]; do words+=("${rest[@]:0:2}") && rest=("${rest[@]:2}"); done
    check_equal "$name: SIG$signal" "${codes[$signal]} soon" "$(waiting "${words[@]}" "$signal" "${rest[@]}")"
  done
}

mkdir -p "$T/context"
label=$(head -c 120000 /dev/zero | tr '\0' x)
printf 'FROM busybox\nLABEL l=%s\n' "$label" >"$T/context/Dockerfile"
cbuild -q -t large "$T/context" >/dev/null
entries() { find "$CBUILD_ROOT" "$T" -maxdepth 2 ! -name '*-wal' ! -name '*-shm' ! -path "$T/.*" | sort; }
mkfifo "$T/fifo"
entries >"$T/.before"

# Results that nobody takes.
ends "save into a pipe" --stdout pipe "$CBUILD" save busybox
ends "save into a socket" --stdout socket "$CBUILD" save busybox
ends "-o - into a pipe" --stdout pipe bash -c 'exec "$CBUILD" -q -o - - <<<"FROM busybox"'
ends "a long result into a pipe" --stdout pipe "$CBUILD" inspect large
ends "a result on a stopped terminal" --stdout stopped "$CBUILD" images
ends "save into a FIFO that nobody opens" "$CBUILD" save -o "$T/fifo" busybox

# Input that nobody sends.
ends "load" --stdin pipe "$CBUILD" load
ends "load from a terminal" --stdin socket "$CBUILD" load
ends "load from a FIFO that nobody opens" "$CBUILD" load -i "$T/fifo"
ends "import" --stdin pipe "$CBUILD" import - never
ends "a context" --stdin pipe "$CBUILD" -t never -
ends "a context typed at a terminal" --stdin terminal "$CBUILD" -t never -
ends "a Dockerfile" --stdin pipe "$CBUILD" -t never -f - "$T/context"
ends "debug" --stdin pipe "$CBUILD" debug ast -
ends "a secret" "$CBUILD" -t never --secret "id=s,src=$T/fifo" "$T/context"
ends "build arguments" "$CBUILD" -t never --build-arg-file "$T/fifo" "$T/context"
ends "a password for login" --stdin pipe "$CBUILD" login -u me --password-stdin 127.0.0.1:1
ends "a prompt for a password" --stdin terminal --stderr terminal "$CBUILD" login -u me 127.0.0.1:1

# Progress that nobody reads.
printf 'FROM busybox\nRUN while :; do echo %s; done\n' "${label:0:200}" | dockerfile "$T/noisy"
for kind in pipe socket terminal stopped; do
  for progress in plain rawjson tty; do
    [[ $progress == tty && $kind != stopped ]] ||
      ends "a noisy step, --progress $progress on a $kind" --stderr "$kind" \
        env TERM=xterm "$CBUILD" build --progress $progress -t never --no-cache "$T/noisy"
  done
done

# Programs that hang, and what they started.
mkdir -p "$T/bin" "$HOME/.docker"
printf '#!/bin/sh\nsleep %s & sleep %s\n' "$mark" "$mark" >"$T/bin/docker-credential-hanging"
cp "$T/bin/docker-credential-hanging" "$T/bin/ssh"
chmod +x "$T"/bin/*
export PATH=$T/bin:$PATH
echo '{"credsStore": "hanging"}' >"$HOME/.docker/config.json"
ends "a credential helper" "$CBUILD" pull 127.0.0.1:1/app
ends "git over ssh" "$CBUILD" -t never 'git@127.0.0.1:app.git'
check_equal "nothing that they started is left" "" "$(pgrep -af "sleep $mark")"
rm -r "${T:?}/bin" "$HOME/.docker/config.json"

# A store that others use.
in_background flock -s "$CBUILD_ROOT/lock" sh -c "echo held >'$T/.held'; exec sleep 100"
check "another process holds the store" wait_until 10 test -s "$T/.held"
ends "prune" "$CBUILD" prune
kill "$pid"
pkill -P "$pid" 2>/dev/null

check_equal "no file is left" "" "$(entries | grep -v "$T/noisy" | diff "$T/.before" - | grep '^>')"
check_status "nothing is tagged" 2 cbuild inspect never
check_store "the store is sound"
finish
