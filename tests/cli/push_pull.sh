#!/usr/bin/env bash
# push and pull with a registry on plain http on this machine.
source "$(dirname "$0")/lib.sh"
need_base busybox
start_registry

dockerfile <<'END'
FROM busybox
RUN head -c 2000000 /dev/urandom > /data && ln /data /hard && echo 'me:x:1000:1000::/home/me:/bin/sh' >> /etc/passwd
COPY --chown=1000:1000 Dockerfile /home/me/
USER me
CMD ["sh"]
END
name=$registry/team/app:1
check "builds under a registry's name" cbuild -q -t "$name" "$T/context"
id=$(image_id "$name")
check "push" cbuild push "$name"
check_equal "the registry has the tag" '["1"]' "$(curl -s "$registry_url/v2/team/app/tags/list" | json 'd["tags"]')"
curl -s -D "$T/headers" -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$registry_url/v2/team/app/manifests/1" >"$T/manifest"
check_equal "an OCI manifest" application/vnd.oci.image.manifest.v1+json "$(json 'd["mediaType"]' <"$T/manifest")"
check_equal "whose config is the image" "$id" "$(json 'd["config"]["digest"]' <"$T/manifest")"
digest=sha256:$(sha256sum <"$T/manifest" | cut -d ' ' -f 1)
blobs() { find "$registry_dir/data" -path '*/blobs/sha256/*' -name data -printf '%p %s %i\n' | sort; }
blobs >"$T/blobs"
check "push again" cbuild push "$name"
check_equal "sends nothing that is there" "$(cat "$T/blobs")" "$(blobs)"
cbuild tag "$name" "$registry/other/app:2"
check "push to another repository" cbuild push "$registry/other/app:2"
check_equal "no layer is stored twice" "$(cut -d ' ' -f 1 "$T/blobs")" "$(blobs | cut -d ' ' -f 1)"
listing=$(files_of "$name")

check "rmi" cbuild rmi "$name" "$registry/other/app:2"
check "everything is removed" empty_store
check "pull" cbuild pull "$name"
check_equal "the same image" "$id" "$(image_id "$name")"
check_equal "the same files" "$listing" "$(files_of "$name")"
check "pull by digest" cbuild pull "$registry/team/app@$digest"
check_equal "is the same image" "$id" "$(image_id "$registry/team/app@$digest")"
check "pull again" cbuild pull "$name"
check_status "pull of what is not there" 3 cbuild pull "$registry/team/app:nope"
check_contains "says what" "$err" nope
check_status "push of what is not there" 2 cbuild push "$registry/team/nope:1"

need_base busybox
check "build --push" cbuild -q --push -t "$registry/team/pushed:1" "$T/context"
check "an image of the registry" curl -fs -o /dev/null -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$registry_url/v2/team/pushed/manifests/1"
check "-o type=registry with zstd" cbuild -q -o type=registry,compression=zstd -t "$registry/team/zstd:1" "$T/context"
check_contains "layers are zstd" "$(curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$registry_url/v2/team/zstd/manifests/1")" "tar+zstd"

empty_store
derived() {
  dockerfile <<END
FROM $registry/team/app:1
USER root
RUN id me > /who
END
}
derived
check "a base from the registry" cbuild -q -t derived "$T/context"
check_contains "its files are there" "$(file_of derived /who)" "uid=1000(me)"

# A base that no step looks into is fetched at the end: the image shall be whole.
empty_store
dockerfile <<END
FROM $registry/team/app:1
LABEL only=metadata
END
check "metadata on a base from the registry" cbuild -q -t "$registry/team/label:1" "$T/context"
check "can be pushed" cbuild push "$registry/team/label:1"
check_store "and saved"
echo file >"$T/context/file"
dockerfile <<END
FROM $registry/team/app:1
COPY --link file /linked/
END
check "COPY --link on a base from the registry" cbuild -q -t "$registry/team/linked:1" "$T/context"
check "can be pushed" cbuild push "$registry/team/linked:1"
check_store "and saved"
check_equal "it is whole" file "$(file_of "$registry/team/linked:1" /linked/file)"
empty_store
check "and pulled" cbuild pull "$registry/team/linked:1"
check_equal "as it was" file "$(file_of "$registry/team/linked:1" /linked/file)"
derived
check "the base again" cbuild -q -t derived "$T/context"

kill "$pid" 2>/dev/null
check "without the registry, nothing changed" cbuild -q -t derived "$T/context"
check "without the registry, a changed step" cbuild -q -t derived --label a=b "$T/context"
check_status "--pull asks and fails" 3 cbuild -q --pull "$T/context"
finish
