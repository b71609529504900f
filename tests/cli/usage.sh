#!/usr/bin/env bash
# Help, version, wrong command lines.
source "$(dirname "$0")/lib.sh"
check "help" cbuild help
check_contains "lists the commands" "$out" prune
check_equal "on stdout, with nothing on stderr" "" "$err"
check "--help" cbuild --help
for command in build pull push login logout images history inspect tag rmi save load import prune df debug version; do
  run cbuild help "$command"
  check_equal "help $command" 0 "$status"
  check_contains "help $command tells its usage" "$out" "cbuild $command"
done
check "version" cbuild version
check_contains "tells the name" "$out" "cbuild "
check_equal "version as JSON" str "$(cbuild version --format json | json 'type(d["Version"]).__name__')"
check_status "an unknown option" 2 cbuild images --nonsense
check_contains "is named" "$err" --nonsense
check_status "too few arguments" 2 cbuild tag one
check "alone" cbuild
check_contains "is help" "$out" prune
check_status "a misspelt command" 2 cbuild imagse
check_contains "did you mean" "$err" images
mkdir -p "$T/tree/run" "$T/tree/compose"
echo "FROM scratch" | tee "$T/tree/run/Dockerfile" >"$T/tree/compose/Dockerfile"
cd "$T/tree" || exit
for command in run compose; do
  check_status "$command is no command, though a directory is called so" 2 cbuild "$command"
  check_contains "the directory is told" "$err" "cbuild ./$command"
  check "with a slash it is a context" cbuild -q "./$command"
  check "and behind build" cbuild build -q "$command"
done
check_status "help of a command of docker's" 2 cbuild help run
check_lacks "suggests nothing that removes" "$err" rmi
check_status "inspect of nothing" 2 cbuild inspect no-such-image
check_contains "names it" "$err" no-such-image
finish
