#!/usr/bin/env bash
# Whatever an image's documents hold, no line that cbuild prints is theirs: a line break in a field makes no hint.
source "$(dirname "$0")/lib.sh"
cd "$T" || exit
echo "FROM base" >Dockerfile

# stays_within NAME COMMAND…: nothing that is printed, to a pipe or a terminal, is a line or an escape sequence of others.
stays_within() {
  local name=$1
  shift
  run "$@"
  check_lacks "$name: no line is forged" $'\n'"$out"$'\n'"$err" $'\nhint: run'
  check_lacks "$name: no escape sequence" "$out$err" $'\e'
  check_lacks "$name: no carriage return" "$out$err" $'\r'
}

# The same on a terminal, whose own lines end in \r\n.
stays_within_on_terminal() {
  local name=$1
  shift
  run env TERM=xterm script -qec "$(printf '%q ' "$@")" /dev/null
  check_lacks "$name: no line is forged" $'\n'"$out" $'\nhint: run'
  check_lacks "$name: the screen is not cleared" "$out" $'\e[2J'
}

for field in $(python3 "$tests_dir/forged_layout.py" list); do
  rm -rf image
  mkdir image
  empty_store
  python3 "$tests_dir/forged_layout.py" "$field" "$PWD/image"
  source=image
  [[ $field != archive.* ]] || source=image/archive.tar
  stays_within "$field, load" cbuild load -i "$source"
  stays_within "$field, load with a log" cbuild --log-level debug load -i "$source"
  stays_within_on_terminal "$field, load on a terminal" "$CBUILD" load -i "$source"
  for id in $(cbuild images -q | sort -u); do
    for command in inspect history images; do
      what=("$id")
      [[ $command != images ]] || what=()
      stays_within "$field, $command" cbuild "$command" "${what[@]}"
      stays_within_on_terminal "$field, $command on a terminal" "$CBUILD" "$command" "${what[@]}"
    done
  done
  [[ $field != archive.* ]] || continue
  empty_store
  stays_within "$field, FROM" cbuild --build-context base=oci-layout://image .
  stays_within "$field, FROM quietly" cbuild -q --build-context base=oci-layout://image .
  stays_within_on_terminal "$field, FROM on a terminal" "$CBUILD" --build-context base=oci-layout://image .
done
finish
