#!/usr/bin/env bash
# The places of tests/support/place are what they say, without cbuild: what the kernel answers there, and what is left when
# a place ends.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

places=$(readlink -f "$tests_dir/../support/place")
facts=$places/facts.py
place() { python3 "$places" "$@"; }
caller=user
# The root of a user namespace gets the places of a user.
[[ $EUID != 0 || $(awk '{ print $3 }' /proc/self/uid_map) != 4294967295 ]] || caller=root

run place store-tmpfs -- true
[[ $status != 125 ]] || skip_all "no place can be made here: $err"

while read -r name uid; do
  run place "$name" --user "$uid" --bring "$places" -- python3 "$facts"
  check_equal "$name is what it says for uid $uid" "$(python3 "$facts" --expected "$name" "$uid" "$caller")" "$out$err"
done < <(python3 "$facts" --rows)

while read -r name _; do
  check_equal "$name has the caller's network" "$(readlink /proc/self/ns/net)" \
    "$(place "$name" -- readlink /proc/self/ns/net)"
done < <(place --list)

# ---- the command -----------------------------------------------------------------------------------------------------

check_status "the exit code is the command's" 7 place docker -- sh -c 'exit 7'
check_status "the exit code tells of a signal" 143 place docker -- sh -c 'kill -TERM $$'
check_status "a command that is not there ends with 127" 127 place docker -- no-such-command
check_equal "standard input is the command's" "text" "$(echo text | place docker -- cat)"
mkdir "$T/brought"
echo seen >"$T/brought/file"
check_equal "what is brought is seen" "seen" "$(place docker --bring "$T/brought" -- cat "$T/brought/file")"
check_status "what is brought is read-only" 1 place docker --bring "$T/brought" -- touch "$T/brought/new"
mkdir "$T/copy"
cp -r "$places" "$T/copy/"
check_status "the program itself need not be in the place" 0 python3 "$T/copy/place" k8s -- true
check_status "what is not brought is not there" 1 place docker -- test -e "$T/brought"

# ---- the end ---------------------------------------------------------------------------------------------------------

sleeping() { pgrep -f "^sleep 9$$\$"; }

# ends_by SIGNAL CODE COMMAND…
ends_by() {
  local signal=$1 code=$2
  shift 2
  in_background python3 "$places" docker -- \
    sh -c 'trap "exit 130" INT; setsid sleep 9'"$$"' & echo ready; wait' >"$T/started"
  wait_until 10 grep -q ready "$T/started"
  kill "-$signal" "$pid"
  check_status "SIG$signal ends a place with $code" "$code" wait "$pid"
  wait_until 5 eval '! sleeping' || true
  check_equal "no process is left after SIG$signal" "" "$(sleeping)"
  check_equal "no directory is left after SIG$signal" "" "$(find "$T" -maxdepth 1 -name 'place.*')"
}
ends_by INT 130
ends_by TERM 143
ends_by KILL 137
check_equal "no mount is left" "" "$(grep "$T" /proc/self/mountinfo)"
finish
