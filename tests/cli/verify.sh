#!/usr/bin/env bash
# Damage of a store: `cbuild verify` finds it, what meets it takes it out of use, and building, pulling or loading again
# makes it whole.
source "$(dirname "$0")/lib.sh"
need_base busybox
mkdir -p "$T/context"
seq 1000 >"$T/context/file"
dockerfile <<'END'
FROM busybox
COPY file /copied
RUN seq 2000 >/made
END
check "an image is built" cbuild -q -t app "$T/context"
check "a whole store is whole" cbuild verify
check_contains "and says what was read" "$out" "no damage"

# As owner of what is in a store.
in_store() {
  if [[ $mode == root ]]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}
# layer_file NAME: its path in whichever layer has it.
layer_file() { in_store find "$CBUILD_ROOT/snapshots" -path "*/$1" -type f | head -n 1; }
damage() {
  local file
  file=$(layer_file "$1")
  in_store truncate -s 0 "$file"
}

damage made
check_status "an emptied file of a layer is found" 1 cbuild verify
check_equal "in one line" 1 "$(grep -c '^layer sha256:[0-9a-f]*: its tar has the digest' <<<"$out")"
check_contains "with what to do" "$err" "cbuild verify --repair"
check_status "looking changes nothing" 1 cbuild verify
check_equal "JSON tells the same" "layer" "$(cbuild verify --format json 2>/dev/null | json 'd["Damages"][0]["Kind"]')"
check_status "saving meets it" 4 cbuild save -o "$T/app.tar" app
check_contains "and names the layer" "$err" "of the store is damaged"
check "building again makes it whole" cbuild -q -t app "$T/context"
check "so that it can be saved" cbuild save -o "$T/app.tar" app
check_contains "with its content" "$(files_of app made)" "8893 made"
check "and nothing is wrong any more" cbuild verify

damage copied
check "a layer of COPY is made anew without the cache" cbuild -q --no-cache -t app "$T/context"
check_contains "in the place of the damaged one" "$(files_of app copied)" "3893 copied"
check "and is whole" cbuild verify

in_store rm -rf "$(dirname "$(layer_file copied)")"
check "a layer whose directory is gone is made again at once" cbuild -q -t app "$T/context"
check_contains "with what was in it" "$(files_of app copied)" "3893 copied"

# A base that came from elsewhere: its bytes are kept as a blob, from which its directory can be made again.
check "an image goes out" cbuild save -o "$T/app.tar" app
export CBUILD_ROOT=$T/other
check "and comes in" cbuild load -i "$T/app.tar"
printf 'FROM app\nRUN wc -l </copied >/lines; wc -l </made >>/lines\n' >"$T/onto"
check "it is built on" cbuild -q -t onto -f "$T/onto" "$T/context"
damage copied
check_status "an emptied file of a loaded layer is found" 1 cbuild verify
check_contains "by comparing it with its blob" "$out" "its files are not those of its blob"
run cbuild verify --repair
check_contains "a repair unpacks it again" "$out" "unpacked again from its blob"
check "then all is whole" cbuild verify
check_contains "and built on again" "$(cbuild -q --no-cache -t onto -f "$T/onto" "$T/context" >/dev/null && files_of onto lines)" "10 lines"

in_store rm -rf "$(dirname "$(layer_file copied)")"
check "a directory that is gone is unpacked again while building" \
  cbuild -q --no-cache -t onto -f "$T/onto" "$T/context"

blob=$(find "$CBUILD_ROOT/blobs" -type f -size +20k | head -n 1)
chmod 0600 "$blob" && printf x | dd of="$blob" bs=1 seek=500 conv=notrunc 2>/dev/null
check_status "a bent blob is found" 1 cbuild verify
check_contains "by its name" "$out" "blob sha256:$(basename "$blob")"
run cbuild verify --repair
check "after a repair nothing is wrong" cbuild verify
check "loading again makes the image whole" cbuild load -i "$T/app.tar"
check "so that it can be built on" cbuild -q --no-cache -t onto -f "$T/onto" "$T/context"
check "with nothing wrong" cbuild verify
check_status "another argument is refused" 2 cbuild verify app
finish
