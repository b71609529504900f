#!/usr/bin/env bash
# Base images that builds fetch: listed under their names, gone with them, and asked for again then.
source "$(dirname "$0")/lib.sh"
start_registry
base=$registry/t/base:1

# publish VALUE [NAME] [PLATFORM]: moves the tag to an image with the label v=VALUE, from a store of its own.
publish() {
  rm -rf "$T/rootfs" && mkdir "$T/rootfs" && echo "$1" >"$T/rootfs/v"
  cbuild --root "$T/maker" -q import --platform "${3:-linux/amd64}" -c "LABEL v=$1" "$T/rootfs" "${2:-$base}" >/dev/null &&
    cbuild --root "$T/maker" -q push "${2:-$base}"
}
# build NAME [FLAG…]: an image on the base; its label v in $v.
build() {
  run cbuild -q -t "$@" - <<<"FROM $base
LABEL mine=1"
  v=$(cbuild inspect "$1" 2>/dev/null | json 'd[0]["Config"]["Labels"]["v"]' 2>/dev/null)
}
listed() { cbuild images --format json | json "sorted(n for i in d for n in i['Names'] if 't/' in n)"; }
id_of() { cbuild images -q --no-trunc "$1" | head -n 1; }

first=$(publish one)
build app
check_equal "a base from the registry" one "$v"
check_equal "is listed under its name" "[\"$base\"]" "$(listed)"
check_equal "with the digest that the registry has" "[\"${base%:1}@$first\"]" \
  "$(cbuild inspect "$base" | json 'd[0]["RepoDigests"]')"
publish two >/dev/null
build app
check_equal "a name that is listed is used without asking" one "$v"
check "rmi knows it" cbuild rmi "$base"
check_contains "and says so" "$out" "Untagged: $base"
check_equal "then no command shows it" "[]" "$(listed)"
build app
check_equal "and the next build asks" two "$v"
publish three >/dev/null
check "rmi by ID" cbuild rmi "$(id_of "$base")"
build app
check_equal "makes the next build ask, too" three "$v"
publish four >/dev/null
former=$(id_of "$base")
build app --pull
check_equal "--pull asks" four "$v"
check_equal "moves the name" four "$(cbuild inspect "$base" | json 'd[0]["Config"]["Labels"]["v"]')"
check_contains "the former base has none" "$(cbuild images -q --no-trunc --filter dangling=true)" "$former"
build app
check_equal "and what it brought counts from then on" four "$v"
publish five >/dev/null
build app --pull=newer
check_equal "--pull=newer asks" five "$v"
publish six >/dev/null
check "prune keeps the base of an image" cbuild prune
check_equal "and its name" "[\"$base\"]" "$(listed)"
build app
check_equal "which is used" five "$v"
check "prune --all" cbuild prune --all --force
check_equal "forgets it" "[]" "$(listed)"
build app
check_equal "so that the next build asks" six "$v"
cbuild rmi app >/dev/null
check "prune" cbuild prune
check_equal "takes a base that no image needs" "[]" "$(listed)"
build app
publish seven >/dev/null
check "a base that the user names stays" cbuild tag "$base" kept
cbuild rmi app "$base" >/dev/null
cbuild prune --all --force >/dev/null
check_equal "under that name" six "$(cbuild inspect kept | json 'd[0]["Config"]["Labels"]["v"]')"
build app
check_equal "not under the other" seven "$v"

# The user's own image of that name wins, and a build takes it from nobody.
cbuild rmi "$base" >/dev/null
check "an image of one's own" cbuild -q -t "$base" - <<<"FROM scratch
LABEL v=own"
build app
check_equal "comes before the registry's" own "$v"
build app --pull
check_equal "--pull prefers the registry's" seven "$v"
check_equal "and leaves the name alone" own "$(cbuild inspect "$base" | json 'd[0]["Config"]["Labels"]["v"]')"
check "pull takes it" cbuild pull "$base"
build app
check_equal "as docker's" seven "$v"
publish eight >/dev/null
build app --pull
check_equal "a pulled one follows --pull" eight "$(cbuild inspect "$base" | json 'd[0]["Config"]["Labels"]["v"]')"

# All ways to name an image.
empty_store
from_image() {
  run cbuild -q -t app "${@:2}" - <<<"$1"
  v=$(file_of app v)
}
for text in "FROM scratch
COPY --from=$base /v /v" "FROM $base AS b
FROM scratch
COPY --from=b /v /v"; do
  publish one >/dev/null
  from_image "$text"
  check_equal "${text%%$'\n'*}, COPY --from: fetched" "one [\"$base\"]" "$v $(listed)"
  publish two >/dev/null
  from_image "$text"
  check_equal "used again" one "$v"
  cbuild rmi "$base" >/dev/null
  from_image "$text"
  check_equal "asked for again" two "$v"
  empty_store
done
publish one >/dev/null
from_image "FROM b" --build-context "b=docker-image://$base"
check_equal "a named context" "one [\"$base\"]" "$v $(listed)"
publish two >/dev/null
cbuild rmi "$base" >/dev/null
from_image "FROM b" --build-context "b=docker-image://$base"
check_equal "asked for again" two "$v"
empty_store
pinned=${base%:1}@$first
from_image "FROM $pinned"
check_equal "a digest" "one [\"$pinned\"]" "$v $(listed)"
check_contains "has no tag in the list" "$(cbuild images --digests | tr -s ' ')" "${base%:1} <none> $first"
check_equal "and none in RepoTags" '[]' "$(cbuild inspect "$pinned" | json '[n for n in d[0]["RepoTags"] if "base" in n]')"
from_image "FROM ${base}@$first"
check_equal "beside which a tag means nothing" "one [\"$pinned\"]" "$v $(listed)"
check "rmi of a digest" cbuild rmi "$pinned"
check_equal "takes it" "[]" "$(listed)"

id=$(id_of app)
check_status "an image ID is no base" 2 cbuild -q -t never - <<<"FROM $id"
check_contains "which is said, and no registry is asked" "$err" "cbuild tag ${id:7:12} NAME"

# Several platforms: one name, an image for each.
empty_store
for platform in amd64 arm64; do publish "$platform" "$registry/t/$platform:1" linux/$platform >/dev/null; done
cbuild -q --root "$T/maker" --platform linux/amd64,linux/arm64 --push -t "$registry/t/many:1" - >/dev/null <<END
FROM $registry/t/amd64:1 AS linux-amd64
FROM $registry/t/arm64:1 AS linux-arm64
FROM \$TARGETOS-\$TARGETARCH
END
index=$(cbuild --root "$T/maker" inspect "$registry/t/many:1" | json 'd[0]["RepoDigests"][0].split("@")[1]')
printf 'FROM %s/t/many:1\nLABEL mine=1\n' "$registry" | dockerfile
check "a base for two platforms" cbuild -q --platform linux/amd64,linux/arm64 -t app "$T/context"
check_equal "is listed twice under one name" 2 "$(cbuild images -q "$registry/t/many" | sort -u | wc -l)"
check_equal "each with the digest of the whole" 2 "$(cbuild images --digests "$registry/t/many" | grep -c "$index")"
check_equal "the name alone is this machine's" "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" \
  "$(cbuild inspect "$registry/t/many:1" | json 'd[0]["Architecture"]')"
mv "$registry_dir/data" "$registry_dir/away"
check "both are used without asking" cbuild -q --platform linux/amd64,linux/arm64 -t app "$T/context"
cbuild rmi "$registry/t/many:1" >/dev/null
check_equal "rmi of the name takes both" 0 "$(cbuild images -q "$registry/t/many" | wc -l)"
check_status "then the registry is asked" 3 cbuild -q --platform linux/arm64 -t app "$T/context"
mv "$registry_dir/away" "$registry_dir/data"

# A base none of whose layers was needed yet is an image like any other.
empty_store
publish lazy >/dev/null
lazy() {
  empty_store
  cbuild -q -o type=cacheonly - >/dev/null <<<"FROM $base
ENV A=b"
}
lazy
check_equal "no layer was fetched" 0 "$(find "$CBUILD_ROOT/snapshots" -name v | wc -l)"
check_equal "it is listed" "[\"$base\"]" "$(listed)"
check "inspect" cbuild inspect "$base"
check "history" cbuild history "$base"
check "df" cbuild df
check "prune of old things" cbuild prune --filter until=24h
check "tag" cbuild tag "$base" "$registry/t/copy:1"
check "save fetches it" cbuild save -o "$T/lazy.tar" "$base"
check_equal "whole" lazy "$(cbuild --root "$T/other" load -q -i "$T/lazy.tar" >/dev/null && CBUILD_ROOT=$T/other file_of "$base" v)"
lazy
cbuild tag "$base" alias
cbuild tag "$base" "$registry/t/copy:1"
cbuild rmi "$base" >/dev/null
check "push under another name fetches it, too" cbuild push "$registry/t/copy:1"
check_equal "whole" lazy "$(CBUILD_ROOT=$T/other file_of "$registry/t/copy:1" v)"
lazy
cbuild tag "$base" alias
cbuild rmi "$base" >/dev/null
check_equal "a build on a name given here, too" lazy "$(file_of alias v)"
lazy
mv "$registry_dir/data" "$registry_dir/away"
check_status "without the registry it cannot be saved" 3 cbuild save -o "$T/no.tar" "$base"
check_contains "which says what was wanted" "$err" "${base%:1}@sha256:"
check "but removed" cbuild rmi "$base"
mv "$registry_dir/away" "$registry_dir/data"
check_store "the store is sound"
finish
