#!/usr/bin/env bash
# A build in the places of tests/support/place that stand for the tiers: to be completed with the tiers' own checks.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
cp "$payload/busybox.tar" "$work/"
printf 'FROM busybox\nCOPY --chown=1:2 Dockerfile /\n' >"$work/Dockerfile"
cp "$work/Dockerfile" "$work/Dockerfile.run"
echo 'RUN chown 3:4 /Dockerfile' >>"$work/Dockerfile.run"
chmod -R a+rX "$work"
cat >"$work/build.sh" <<'SCRIPT'
export CBUILD_ROOT=$HOME/store
"$1" import "$2/busybox.tar" busybox:latest >/dev/null 2>"$TMPDIR/err" &&
  "$1" build -q -f "$2/$3" "$2" >/dev/null 2>"$TMPDIR/err"
code=$?
echo "outcome $code $(sed -n 's/^cbuild: //p' "$TMPDIR/err" | head -n 1)"
SCRIPT
cp "$payload/cbuild" "$work/cbuild"
chmod 0755 "$work"

# build_in TIER PLACE DOCKERFILE
build_in() {
  run python3 "$payload/place" "$2" --bring "$work" -- bash "$work/build.sh" "$work/cbuild" "$work" "$3"
  local outcome
  outcome=$(grep '^outcome ' <<<"$out")
  note "tier $1, place $2, $3: ${outcome#outcome }"
  [[ -n $outcome ]] && ok "cbuild runs in the place $2 ($3)" || not_ok "cbuild runs in the place $2 ($3)" "$out"
  [[ $1 != 0 ]] || check_equal "builds in tier 0 ($3)" "outcome 0" "${outcome% }"
}
for dockerfile in Dockerfile Dockerfile.run; do
  build_in 0 store-tmpfs "$dockerfile"
  build_in 1 no-subids "$dockerfile"
  build_in 2 docker "$dockerfile"
  build_in 3 k8s "$dockerfile"
done
