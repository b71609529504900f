#!/usr/bin/env bash
# Digests that are shown are those that a registry has, or none.
source "$(dirname "$0")/lib.sh"
need_base busybox
start_registry
name=$registry/team/app
dockerfile <<'END'
FROM busybox
RUN echo one > /one
END
shown() { cbuild inspect "$1" | json 'd[0]["RepoDigests"]'; }
in_list() { cbuild images --digests "$1" | tail -n +2 | awk '{print $3}' | sort -u; }
# known NAME@DIGEST: the registry has it.
known() {
  local digest=${1#*@} repository=${1%@*}
  curl -fs -o /dev/null -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    -H 'Accept: application/vnd.oci.image.index.v1+json' \
    "$registry_url/v2/${repository#*/}/manifests/$digest"
}

check "builds" cbuild -q -t "$name:1" "$T/context"
check_equal "an image that no registry has shows none" "[]" "$(shown "$name:1")"
check_equal "nor does the list" "<none>" "$(in_list "$name")"
check_equal "nor its JSON" '[null, []]' \
  "$(cbuild images "$name" --format json | json '[d[0]["Digest"], d[0]["RepoDigests"]]')"
check_lacks "nor the summary" "$(cbuild inspect --format table "$name:1")" "Digest:"
pushed=$(cbuild push -q "$name:1")
check "push: the registry has it" known "$name@$pushed"
check_equal "inspect shows the pushed digest" "[\"$name@$pushed\"]" "$(shown "$name:1")"
check_equal "so does the list" "$pushed" "$(in_list "$name")"
check_equal "and its JSON" "[\"$pushed\", [\"$name@$pushed\"]]" \
  "$(cbuild images "$name" --format json | json '[d[0]["Digest"], d[0]["RepoDigests"]]')"
check_contains "and the summary" "$(cbuild inspect --format table "$name:1" | tr -s ' ')" "Digest: $name@$pushed"
id=$(image_id "$name:1")
check_equal "it finds the image" "$id" "$(image_id "$name@$pushed")"
check "a base by it needs no registry" cbuild -q -t on - <<<"FROM $name@$pushed
LABEL a=b"
check_status "not in another repository" 2 cbuild inspect "$registry/team/other@$pushed"
check "under another name" cbuild tag "$name:1" "$registry/team/other:1"
check_equal "of a repository that has not got it, none is shown" "[\"$name@$pushed\"]" "$(shown "$registry/team/other:1")"
cbuild -q push "$registry/team/other:1" >/dev/null
check_equal "then one of each" "[\"$name@$pushed\", \"$registry/team/other@$pushed\"]" "$(shown "$name:1")"
cbuild tag "$name:1" "$registry/team/other:2"
check_equal "several tags share it" 2 "$(cbuild images --digests "$registry/team/other" | grep -c "$pushed")"
cbuild rmi "$registry/team/other:1" "$registry/team/other:2" >/dev/null
check_equal "gone with the last name there" "[\"$name@$pushed\"]" "$(shown "$name:1")"
check "rmi of a digest" cbuild rmi "$name@$pushed"
check_equal "says so" "Untagged: $name@$pushed" "$out"
check_equal "takes only that" "$id []" "$(image_id "$name:1") $(shown "$name:1")"
check_status "a second time it is not there" 2 cbuild rmi "$name@$pushed"

# A name that moves takes no digest along.
cbuild push -q "$name:1" >/dev/null
echo 'RUN echo two > /two' >>"$T/context/Dockerfile"
cbuild -q -t "$name:1" "$T/context" >/dev/null
check_equal "a new image under the name has none" "[]" "$(shown "$name:1")"
check_equal "the former shows none either" "[]" "$(shown "$id")"
check_status "the digest is no name any more" 2 cbuild inspect "$name@$pushed"

# build --push
check "build --push" cbuild --progress plain --push -t "$name:2" -t "$registry/team/also:2" \
  --metadata-file "$T/meta" "$T/context"
digest=$(json 'd["containerimage.digest"]' <"$T/meta")
told=$(tail -n 2 <<<"$err")
check "the registry has what the metadata say" known "$name@$digest"
check_contains "its end shows the digest" "$told" "Pushed $name:2@$digest"
check_contains "of each name" "$told" "Pushed $registry/team/also:2@$digest"
check_equal "inspect shows it" "[\"$registry/team/also@$digest\", \"$name@$digest\"]" "$(shown "$name:2")"
check "with zstd" cbuild -q -o type=registry,compression=zstd -t "$name:2" --metadata-file "$T/meta" "$T/context"
zstd=$(json 'd["containerimage.digest"]' <"$T/meta")
check_differ "it is another" "$digest" "$zstd"
check_contains "the last one is shown" "$(shown "$name:2")" "$name@$zstd"
check "the registry has it" known "$name@$zstd"
check "a push by digest" cbuild -q -o type=registry,push-by-digest=true,name="$registry/team/bare" \
  --metadata-file "$T/meta" "$T/context"
check_lacks "under a name that was not given here shows nothing" "$(shown "$name:2")" bare

# pull
pulled=$(shown "$name:2")
check "pull of the same name" cbuild pull "$name:2"
check_equal "shows what it got" "$pulled" "$(shown "$name:2")"
empty_store
check "pull into an empty store" cbuild pull "$name:2"
check_equal "shows the same" "[\"$name@$zstd\"]" "$(shown "$name:2")"
check "pull by digest" cbuild pull "$name@$zstd"
check_equal "is no further name" "[\"$name:2\"] [\"$name@$zstd\"]" \
  "$(cbuild inspect "$name:2" | json 'd[0]["RepoTags"]') $(shown "$name:2")"
check "save" cbuild save -o "$T/saved.tar" "$name:2"
empty_store
check "load" cbuild load -i "$T/saved.tar"
check_equal "shows none: no registry was asked" "[]" "$(shown "$name:2")"

# Several platforms: the digest of the whole.
need_base busybox
printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
check "several platforms" cbuild -q --platform linux/amd64,linux/arm64 -t "$name:many" "$T/context"
check_equal "none yet" "[]" "$(shown "$name:many")"
many=$(cbuild push -q "$name:many")
check_equal "the pushed index" "[\"$name@$many\"]" "$(shown "$name:many")"
check "which the registry has" known "$name@$many"
empty_store
check "pull of one platform" cbuild pull "$name:many"
check_equal "shows the index, which the name stands for" "[\"$name@$many\"]" "$(shown "$name:many")"
check "rmi by it" cbuild rmi "$name:many"
finish
