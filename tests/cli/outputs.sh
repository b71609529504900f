#!/usr/bin/env bash
# Where results of a build go, and in which form.
source "$(dirname "$0")/lib.sh"
need_base busybox
peer_setup
dockerfile <<'END'
FROM busybox
RUN mkdir /dir && echo one > /dir/file && touch -d '2035-01-01 00:00:00' /dir/late && touch -d '2001-01-01 00:00:00' /dir/early
COPY a /a
END
echo a >"$T/context/a"

# raw SOURCE EXPRESSION: of the manifest of an archive, a layout or a registry.
raw() { skopeo inspect --raw --tls-verify=false "$1" | json "$2"; }

# --- archives and layouts
check "several outputs at once" cbuild -t app:1 -o "type=oci,dest=$T/oci.tar" -o "type=docker,dest=$T/docker.tar" \
  -o "type=local,dest=$T/local" -o "type=tar,dest=$T/files.tar" "$T/context"
check_equal "gzip by default" '["gzip", "gzip", "gzip"]' "$(raw "oci-archive:$T/oci.tar" '[l["mediaType"].split("+")[1] for l in d["layers"]]')"
check_equal "named in the archive" docker.io/library/app:1 \
  "$(tar xOf "$T/oci.tar" index.json | json 'd["manifests"][0]["annotations"]["io.containerd.image.name"]')"
check_equal "the docker archive, too" '["app:1"]' "$(tar xOf "$T/docker.tar" manifest.json | json 'd[0]["RepoTags"]')"
check_equal "the files" one "$(cat "$T/local/dir/file")"
check_equal "the same in the tar" one "$(tar xOf "$T/files.tar" dir/file)"
check_equal "an archive on standard output" 1 "$(cbuild -q -o type=oci,dest=- "$T/context" | tar t | grep -c '^index.json$')"
check_equal "type=docker goes there by itself" 1 "$(cbuild -q -o type=docker "$T/context" | tar t | grep -c '^manifest.json$')"
for form in 'uncompressed tar' 'zstd tar+zstd' 'gzip tar+gzip'; do
  read -r kind suffix <<<"$form"
  check "compression=$kind" cbuild -o "type=oci,dest=$T/$kind.tar,compression=$kind" "$T/context"
  check_equal "is it" "[\"$suffix\"]" "$(raw "oci-archive:$T/$kind.tar" 'sorted({l["mediaType"].split(".")[-1] for l in d["layers"]})')"
  check "and can be read" skopeo copy -q "oci-archive:$T/$kind.tar" "dir:$T/dir-$kind"
done
check "--compression is for all outputs" cbuild --compression zstd:3 -o "type=oci,dest=$T/z.tar" -o "type=oci,dest=$T/g.tar,compression=gzip" "$T/context"
check_equal "that say nothing else" 'tar+zstd tar+gzip' "$(for a in z g; do raw "oci-archive:$T/$a.tar" 'd["layers"][0]["mediaType"].split(".")[-1]'; done | tr '\n' ' ' | sed 's/ $//')"
check "Docker's media types" cbuild -o "type=oci,dest=$T/d2.tar,oci-mediatypes=false" "$T/context"
check_equal "everywhere" '["application/vnd.docker.container.image.v1+json", "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.image.rootfs.diff.tar.gzip"]' \
  "$(raw "oci-archive:$T/d2.tar" 'sorted({d["mediaType"], d["config"]["mediaType"]} | {l["mediaType"] for l in d["layers"]})')"
check_status "which have no zstd" 2 cbuild -o "type=oci,dest=$T/x.tar,oci-mediatypes=false,compression=zstd" "$T/context"

# --- layers that came compressed
start_registry
check "pushes" cbuild -t "$registry/base" --push "$T/context"
dockerfile "$T/child" <<END
FROM $registry/base
RUN echo child > /child
END
export CBUILD_ROOT=$T/second
check "a base from a registry keeps its layers" cbuild -t child -o "type=oci,dest=$T/child.tar,compression=zstd" "$T/child"
check_equal "only the new one is packed" '["gzip", "gzip", "gzip", "zstd"]' "$(raw "oci-archive:$T/child.tar" '[l["mediaType"].split("+")[1] for l in d["layers"]]')"
check "force-compression" cbuild -o "type=oci,dest=$T/forced.tar,compression=zstd,force-compression=true" "$T/child"
check_equal "packs all anew" '["zstd"]' "$(raw "oci-archive:$T/forced.tar" 'sorted({l["mediaType"].split("+")[1] for l in d["layers"]})')"
check "to be unpacked by others" skopeo copy -q "oci-archive:$T/forced.tar" "oci:$T/forced:x"
check "and by us" cbuild --root "$T/third" load -i "$T/forced.tar"
check "unpacked layers by force" cbuild -o "type=oci,dest=$T/plain.tar,compression=uncompressed,force-compression=true" "$T/child"
check_equal "are their diff IDs" "$(cbuild inspect child | json 'd[0]["RootFS"]["Layers"]')" "$(raw "oci-archive:$T/plain.tar" '[l["digest"] for l in d["layers"]]')"
export CBUILD_ROOT=$T/store

# --- registries
check "type=image,push=true" cbuild -o "type=image,\"name=$registry/a:1,$registry/b:2\",push=true" --metadata-file "$T/meta" "$T/context"
check_equal "pushes all names" "$(raw "docker://$registry/a:1" 'd["config"]["digest"]')" "$(raw "docker://$registry/b:2" 'd["config"]["digest"]')"
check_equal "and the store has them" 2 "$(cbuild images --format json | json "sum(n in ('$registry/a:1', '$registry/b:2') for i in d for n in i['Names'])")"
check_equal "and the metadata file" "$registry/a:1,$registry/b:2" "$(json 'd["image.name"]' <"$T/meta")"
check "push-by-digest" cbuild -o "type=image,name=$registry/c,push=true,push-by-digest=true" --metadata-file "$T/meta" "$T/context"
check "is there by its digest" skopeo inspect --raw --tls-verify=false "docker://$registry/c@$(json 'd["containerimage.digest"]' <"$T/meta")"
check_status "but has no tag" 1 skopeo inspect --raw --tls-verify=false "docker://$registry/c"
check_status "and takes none" 2 cbuild -o "type=image,name=$registry/c:1,push=true,push-by-digest=true" "$T/context"

# --- annotations
check "annotations" cbuild --platform linux/amd64,linux/arm64 --annotation org=x --annotation index:i=1 \
  --annotation 'manifest[linux/arm64]:arm=2' --annotation manifest-descriptor:md=3 --annotation index-descriptor:id=4 \
  -o "type=oci,tar=false,dest=$T/annotated,annotation.extra=5" - <<<$'FROM scratch\nLABEL a=b'
check_equal "of the index" '{"i": "1"}' "$(raw "oci:$T/annotated" 'd["annotations"]')"
check_equal "of descriptors in it" '[{"md": "3"}, {"md": "3"}]' "$(raw "oci:$T/annotated" '[m["annotations"] for m in d["manifests"]]')"
check_equal "of its own" 4 "$(json 'd["manifests"][0]["annotations"]["id"]' <"$T/annotated/index.json")"
manifest_of() { cat "$T/annotated/blobs/sha256/$(raw "oci:$T/annotated" "d['manifests'][$1]['digest'][7:]")"; }
check_equal "of manifests" '{"extra": "5", "org": "x"}' "$(manifest_of 0 | json 'dict(sorted(d["annotations"].items()))')"
check_equal "of one" '{"arm": "2", "extra": "5", "org": "x"}' "$(manifest_of 1 | json 'dict(sorted(d["annotations"].items()))')"
check "in the store" cbuild -t noted --annotation k=1 "$T/context"
check_equal "too" 1 "$(cbuild inspect --manifest noted | json 'd["annotations"]["k"]')"
id=$(image_id noted)
check "others on the same image" cbuild -t noted --annotation k=2 "$T/context"
check_equal "take their place" "2 $id" "$(cbuild inspect --manifest noted | json 'd["annotations"]["k"]') $(image_id noted)"
check_status "an index annotation wants an index" 2 cbuild --annotation index:k=v "$T/context"
check_status "places are known" 2 cbuild --annotation indx:k=v "$T/context"

# --- times
late() { tar tvf "$1" --full-time --utc "$2" | awk '{print $4}'; }
layer_of() { tar xOf "$1" "blobs/sha256/$(raw "oci-archive:$1" 'd["layers"][1]["digest"][7:]')"; }
for rewrite in true false; do
  check "rewrite-timestamp=$rewrite" cbuild --build-arg SOURCE_DATE_EPOCH=1700000000 \
    -o "type=oci,dest=$T/rewrite-$rewrite.tar,compression=uncompressed,rewrite-timestamp=$rewrite" "$T/context"
  layer_of "$T/rewrite-$rewrite.tar" >"$T/layer-$rewrite.tar"
  check_equal "earlier times stay" 2001-01-01 "$(late "$T/layer-$rewrite.tar" dir/early)"
done
check_equal "later ones become the epoch" 2023-11-14 "$(late "$T/layer-true.tar" dir/late)"
check_equal "or stay" 2035-01-01 "$(late "$T/layer-false.tar" dir/late)"
check_equal "layers of the base are never touched" "$(cbuild inspect busybox | json 'd[0]["RootFS"]["Layers"][0]')" \
  "$(raw "oci-archive:$T/rewrite-true.tar" 'd["layers"][0]["digest"]')"

# Files go out with the times that the image has; two exports are the same bytes.
look() { (cd "$1" && find . ! -path . -printf '%p %y %m %T@ %l\n' | sort && find . -type f -exec sha256sum {} + | sort); }
epoch=1700000000
for how in "env SOURCE_DATE_EPOCH=$epoch $CBUILD" "$CBUILD --timestamp $epoch"; do
  for round in 1 2; do
    rm -rf "$T/dated-$round" "$T/dated-$round.tar"
    # shellcheck disable=SC2086
    check "files with a time ($round)" $how --no-cache -o "type=tar,dest=$T/dated-$round.tar" \
      -o "type=local,dest=$T/dated-$round" "$T/context"
    sleep 1 # what is made again has another time
  done
  check "type=tar: equal bytes" cmp "$T/dated-1.tar" "$T/dated-2.tar"
  check_equal "type=local: equal trees" "$(look "$T/dated-1")" "$(look "$T/dated-2")"
  check_equal "no time is later" "" "$(look "$T/dated-1" | awk -v epoch=$epoch '$4 + 0 > epoch && NF > 3' )"
  check_equal "type=tar: later times become it" "2023-11-14" "$(late "$T/dated-1.tar" dir/late)"
  check_equal "earlier ones stay" "2001-01-01" "$(late "$T/dated-1.tar" dir/early)"
  check_equal "type=local, too" "$epoch 978307200" "$(stat -c %Y "$T/dated-1/dir/late" "$T/dated-1/dir/early" | tr '\n' ' ' | sed 's/ $//')"
done
check "an index of images" env SOURCE_DATE_EPOCH=$epoch "$CBUILD" --build-arg BUILDKIT_MULTI_PLATFORM=1 -o "type=tar,dest=$T/split.tar" "$T/context"
check_equal "in their directories" "2023-11-14" "$(late "$T/split.tar" linux_amd64/dir/late)"
check "rewrite-timestamp=false" env SOURCE_DATE_EPOCH=$epoch "$CBUILD" -o "type=tar,dest=$T/kept.tar,rewrite-timestamp=false" "$T/context"
check_equal "leaves later times" "2035-01-01" "$(late "$T/kept.tar" dir/late)"

# A set-user-ID program lends the rights of its owner; that is the caller where owners are not kept.
printf 'FROM busybox\nRUN mkdir /d && chmod 2775 /d && touch /d/uid /d/gid && chown 5:6 /d/uid && chmod 4755 /d/uid && chmod 2755 /d/gid\n' |
  dockerfile "$T/setid"
check "set-id files" cbuild -o "type=local,dest=$T/setid-files" -o "type=tar,dest=$T/setid.tar" "$T/setid"
if [[ $mode == root ]]; then kept="4755 5:6 2755 0:0"; else kept="755 $(id -u):$(id -g) 755 $(id -u):$(id -g)"; fi
check_equal "type=local keeps their bits with their owners only" "$kept" "$(stat -c '%a %u:%g' "$T/setid-files/d/uid" "$T/setid-files/d/gid" | tr '\n' ' ' | sed 's/ $//')"
check_equal "a directory is no program" 2775 "$(stat -c %a "$T/setid-files/d")"
check_equal "type=tar has all" "-rwxr-sr-x -rwsr-xr-x" "$(tar tvf "$T/setid.tar" d/gid d/uid | cut -d ' ' -f 1 | tr '\n' ' ' | sed 's/ $//')"

# --- directories and files appear whole, or not at all
check "a directory is merged with" cbuild -o "$T/local" "$T/context"
echo mine >"$T/local/mine" && echo mine >"$T/local/dir/mine" && rm -rf "$T/local/a" && mkdir -p "$T/local/a/x"
check "what is there" cbuild -o "type=local,dest=$T/local" "$T/context"
check_equal "stays, or gives way" "mine mine a" "$(cat "$T/local/mine" "$T/local/dir/mine" "$T/local/a" | tr '\n' ' ' | sed 's/ $//')"
check "mode=delete" cbuild -o "type=local,dest=$T/local,mode=delete" "$T/context"
check_equal "removes it" "" "$(ls "$T/local/mine" "$T/local/dir/mine" 2>/dev/null)"
check_equal "and leaves nothing of its own" "" "$(find "$T/local" -name '*cbuild*')"
printf 'FROM busybox\nRUN mkdir /d && touch /d/.wh.x\n' | dockerfile "$T/bad"
for where in new old; do
  [[ $where == new ]] || { mkdir "$T/$where" && echo 1 >"$T/$where/bin"; }
  before=$(ls -A "$T/$where" 2>/dev/null)
  run cbuild -o "$T/$where" "$T/bad"
  check_differ "an export that fails" 0 "$status"
  check_equal "leaves $where as it was" "$before" "$(ls -A "$T/$where" 2>/dev/null)"
done
check_status "a missing parent directory of a file" 4 cbuild -o "type=oci,dest=$T/no/such/x.tar" "$T/context"
check_contains "is told by its name" "$err" "create $T/no/such/x.tar: No such file"
(umask 077 && cbuild -q -o "type=oci,dest=$T/private.tar" "$T/context" >/dev/null)
check_equal "the umask counts" 600 "$(stat -c %a "$T/private.tar")"

# --- nothing at all
before=$(cbuild images -q | sort)
check "type=cacheonly" cbuild --no-cache -o type=cacheonly -t unnamed "$T/context"
check_equal "makes no image" "$before" "$(cbuild images -q | sort)"
check_status "an unknown type" 2 cbuild -o type=ocl,dest=x "$T/context"
check_contains "with a suggestion" "$err" "did you mean oci?"
check_status "an unknown option" 2 cbuild -o type=oci,dest=x,compresion=gzip "$T/context"
check_contains "with a suggestion, too" "$err" "did you mean compression?"
check_store "the store is whole"
finish
