#!/usr/bin/env bash
# Other programs read what we write, and we read what they write.
source "$(dirname "$0")/lib.sh"
for program in skopeo buildah; do command -v $program >/dev/null || skip_all "no $program"; done
peer_setup
need_base busybox
start_registry
cd "$T" || exit
plain=(--tls-verify=false)

dockerfile <<'END'
FROM busybox
ENV WHO=world
RUN echo "made by a step" > /made && echo 'me:x:1000:1000::/home/me:/bin/sh' >> /etc/passwd && mkdir /home/me
WORKDIR /home/me
USER me
CMD ["sh", "-c", "echo hello $WHO from $(id -un)"]
END
check "builds" cbuild -q -t "$registry/ours:1" "$T/context"
check "pushes" cbuild push "$registry/ours:1"
check "skopeo inspects it" skopeo inspect "${plain[@]}" "docker://$registry/ours:1"
check_equal "skopeo sees the layers" "$(cbuild inspect "$registry/ours:1" | json 'len(d[0]["RootFS"]["Layers"])')" "$(json 'len(d["Layers"])' <<<"$out")"
check "skopeo copies it to an archive" skopeo copy --src-tls-verify=false "docker://$registry/ours:1" docker-archive:ours.tar:ours:1
cbuild save -o saved.tar "$registry/ours:1" 2>/dev/null
check "skopeo reads our docker archive" skopeo copy docker-archive:saved.tar oci:from-docker:1
cbuild save --format oci-dir -o saved-layout "$registry/ours:1" 2>/dev/null
check "skopeo reads our layout" skopeo copy oci:saved-layout dir:from-layout
cbuild save --format oci-archive -o saved-oci.tar "$registry/ours:1" 2>/dev/null
check "skopeo reads our OCI archive" skopeo copy oci-archive:saved-oci.tar dir:from-archive
cbuild -q -o type=registry,compression=zstd -t "$registry/ours:zstd" "$T/context" >/dev/null 2>&1
check "skopeo reads zstd layers" skopeo copy --src-tls-verify=false "docker://$registry/ours:zstd" oci:from-zstd:1

check "buildah takes it as a base" buildah from "${plain[@]}" --name ours "docker://$registry/ours:1"
check "buildah runs it" buildah run ours -- sh -c 'cat /made; id -un; pwd; echo $WHO'
check_equal "with user, directory and environment" $'made by a step\nme\n/home/me\nworld' "$out"
buildah rm ours >/dev/null 2>&1

cat >Containerfile <<END
FROM $registry/ours:1
USER root
RUN echo theirs > /theirs && rm /made && mkdir -p /deep/er && chown 5:6 /deep/er
ENV THEIRS=yes
END
for format in oci docker; do
  check "buildah builds on it ($format)" buildah bud --tls-verify=false --layers=false --format "$format" -t "$registry/theirs:$format" -f Containerfile .
  check "and pushes" buildah push "${plain[@]}" "$registry/theirs:$format" "docker://$registry/theirs:$format"
  check "cbuild pulls a $format image" cbuild pull "$registry/theirs:$format"
  check "builds on it" cbuild -q -t "mine:$format" - <<<"FROM $registry/theirs:$format
RUN test ! -e /made && test \$THEIRS = yes && cat /theirs > /read"
  check_equal "sees its files ($format)" theirs "$(file_of "mine:$format" /read)"
  check_contains "owners ($format)" "$(files_of "mine:$format" deep/er/)" "5/6"
done

skopeo copy --src-tls-verify=false --dest-tls-verify=false --dest-compress-format zstd --dest-compress \
  "docker://$registry/theirs:oci" "docker://$registry/theirs:zstd" >/dev/null 2>&1
check "cbuild pulls zstd layers of others" cbuild pull "$registry/theirs:zstd"
skopeo copy --src-tls-verify=false "docker://$registry/theirs:oci" docker-archive:theirs-docker.tar:theirs:loaded >/dev/null 2>&1
check "cbuild loads their docker archive" cbuild load -i theirs-docker.tar
check_contains "under its name" "$(file_of theirs:loaded /theirs)" theirs
skopeo copy --src-tls-verify=false "docker://$registry/theirs:oci" oci-archive:theirs-oci.tar:theirs:oci-loaded >/dev/null 2>&1
check "cbuild loads their OCI archive" cbuild load -i theirs-oci.tar
skopeo copy --src-tls-verify=false "docker://$registry/theirs:oci" oci:theirs-layout:1 >/dev/null 2>&1
check "cbuild builds on their layout" cbuild -q -t on-layout --build-context base="oci-layout://$T/theirs-layout:1" - <<<"FROM base
RUN cat /theirs > /read"

buildah manifest create many >/dev/null 2>&1
buildah manifest add --tls-verify=false --os linux --arch "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" many "docker://$registry/theirs:oci" >/dev/null 2>&1
buildah manifest add --tls-verify=false --os linux --arch s390x many "docker://$registry/ours:1" >/dev/null 2>&1
buildah manifest push "${plain[@]}" --all many "docker://$registry/many:1" >/dev/null 2>&1
check "cbuild pulls from an index" cbuild pull "$registry/many:1"
check_equal "what fits this machine" "$(image_id "$registry/theirs:oci")" "$(image_id "$registry/many:1")"
run cbuild pull --platform linux/riscv64 "$registry/many:1"
check_differ "a platform that is not there" 0 "$status"
check_contains "those there are listed" "$err" s390x
finish
