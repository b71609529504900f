#!/usr/bin/env bash
# scripts/demo.sh runs to its end, and its last line is a command that works when it is typed.
source "$(dirname "$0")/lib.sh"

# lib.sh has them made by these words: need_base python, need_base node. Here they are where this user may put others.
mkdir "$T/bases"
for file in "$CBUILD_BASES"/*.tar "$CBUILD_BASES"/*.recipe; do ln -s "$file" "$T/bases/"; done
export CBUILD_BASES=$T/bases

cd "$source_dir" || exit
check "the demo runs" scripts/demo.sh
check_contains "as a user" "$out" "no root, no daemon"
last=$(tail -n 1 <<<"$out")
check_contains "its last line builds an image" "$last" "-t mine testdata/voting-app/vote"
check_lacks "and has no place of this user's demo" "$last" cbuild-demo
run cbuild images -q
check_equal "the user's store was left alone" "" "$out"
check "typed, it works" bash -c "$last"
check "the image is there" cbuild inspect mine
check "and what the next command wants" cbuild inspect python:3.11-slim

# A step that fails gives advice.
cat >"$T/cbuild" <<'END'
#!/bin/sh
echo "npm ERR! code SELF_SIGNED_CERT_IN_CHAIN" >&2
exit 1
END
chmod 0755 "$T/cbuild"
check_status "a step that fails ends the demo" 1 env CBUILD="$T/cbuild" scripts/demo.sh
check_contains "with what it said" "$err" "npm ERR! code SELF_SIGNED_CERT_IN_CHAIN"
check_contains "and advice" "$err" "put its certificate into /usr/local/share/ca-certificates/NAME.crt"

finish
