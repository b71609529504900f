#!/usr/bin/env bash
# The same image in each tier, with the store on ext4; a store that cannot have records of owners.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
export SOURCE_DATE_EPOCH=1700000000
printf 'FROM busybox\nCOPY --chown=1:2 Dockerfile /\n' >"$work/Dockerfile"
cp "$work/Dockerfile" "$work/Dockerfile.run"
echo 'RUN chown 3:4 /Dockerfile && touch /new && su daemon -s /bin/sh -c "touch /tmp/mine"' >>"$work/Dockerfile.run"

# build_in TIER DOCKERFILE PREFIX… -- OPTION…: the image, or the message, in $outcome
build_in() {
  local tier=$1 dockerfile=$2 prefix=()
  shift 2
  while [[ $1 != -- ]]; do prefix+=("$1") && shift; done
  shift
  local program=("${prefix[@]}" "$payload/cbuild" --root "$HOME/store-$tier" "$@")
  "${program[@]}" inspect busybox >/dev/null 2>&1 || run "${program[@]}" import "$payload/busybox.tar" busybox:latest
  run "${program[@]}" build -q -f "$work/$dockerfile" "$work"
  outcome=$(grep -E '^sha256:|^cbuild: ' <<<"$out" | grep -v warning | head -n 1)
  note "tier $tier, $dockerfile: $outcome"
}
for dockerfile in Dockerfile Dockerfile.run; do
  build_in 0 "$dockerfile" --
  expected=$outcome
  check_contains "builds in tier 0 ($dockerfile)" "$outcome" "sha256:"
  build_in 1 "$dockerfile" unshare --map-root-user --
  check_equal "the same image in tier 1 ($dockerfile)" "$expected" "$outcome"
  [[ $who == root ]] || continue
  build_in 2 "$dockerfile" -- --isolation chroot
  check_equal "the same image in tier 2 ($dockerfile)" "$expected" "$outcome"
done
if [[ $who != root ]]; then
  run cbuild --isolation chroot import "$payload/busybox.tar" busybox:latest
  check_contains "tier 2 is for root" "$out" "isolation by chroot needs root"
fi
build_in 3 Dockerfile.run -- --isolation none
check_contains "tier 3 refuses a RUN" "$outcome" "RUN is not possible"
build_in 3 Dockerfile -- --isolation none
check_contains "tier 3 builds the rest" "$outcome" "sha256:"

# Before Linux 6.6 tmpfs has no attributes of users.
# shellcheck disable=SC2016 # of the place
run python3 "$payload/place" one-id --bring "$payload" -- \
  sh -c '"$0/cbuild" --root "$HOME/store" import "$0/busybox.tar" busybox' "$payload"
check_contains "a store that cannot have records of owners is refused" "$out" "/store as attributes (user.*)"
check_contains "with what to do" "$out" "hint: "
