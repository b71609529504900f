#!/usr/bin/env bash
# Servers that take a connection and say nothing: the user is told, and can leave at any time.
source "$(dirname "$0")/lib.sh"

cat >"$T/mute.py" <<'END'
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(100)
with open(sys.argv[1], "w") as file:
    file.write(str(server.getsockname()[1]))
kept = []
while True:
    kept.append(server.accept())
END
in_background python3 "$T/mute.py" "$T/port"
wait_until 10 test -s "$T/port"
mute=127.0.0.1:$(cat "$T/port")
mkdir -p "$T/context" && cd "$T/context" || exit
dockerfile <<<$'FROM scratch\nCOPY Dockerfile /'
check "builds" cbuild build -q -t "$mute/pushed" .
add() { printf 'FROM scratch\nADD %s /\n' "$1" >"$2.dockerfile"; }
add "http://$mute/file" download
add "http://$mute/app.git" git-http
add "git://$mute/app.git" git
add "ssh://git@$mute/app.git" git-ssh

# begin NAME ARGUMENT…: in the background, with a place of its own for what it says.
names=()
declare -A pids
begin() {
  names+=("$1")
  "$CBUILD" "${@:2}" >/dev/null 2>"$T/$1.err" </dev/null &
  pids[$1]=$!
  background+=($!)
}
begin pull pull "$mute/app"
begin push push "$mute/pushed"
begin build-push build --push -t "$mute/pushed" .
printf "FROM %s/app\n" "$mute" >from.dockerfile
begin from build -f from.dockerfile .
begin context build "http://$mute/app.tar"
begin repository build "http://$mute/app.git"
for name in download git-http git git-ssh; do begin "$name" build -f "$name.dockerfile" --progress plain .; done
told() { for name in "${names[@]}"; do grep -q "has been silent for 1[0-9] s" "$T/$name.err" || return 1; done; }
wait_until 25 told
for name in "${names[@]}"; do
  check_contains "$name tells of it after ten seconds" "$(cat "$T/$name.err")" "has been silent for 1"
  check_contains "and of the end" "$(cat "$T/$name.err")" "cbuild gives up in"
done
sleep 1
for name in "${names[@]}"; do
  started=$(milliseconds)
  kill -TERM "${pids[$name]}"
  wait "${pids[$name]}"
  check_equal "$name ends when it is told to" 143 $?
  check_less "soon" $(($(milliseconds) - started)) 2000 ms
done
check_equal "and leaves no git or ssh behind" "" "$(pgrep -u "$(id -u)" -af "$mute|git@127.0.0.1" | grep -v pgrep)"
finish
