#!/usr/bin/env bash
# Options of build that no other test is about.
source "$(dirname "$0")/lib.sh"
need_base busybox
dockerfile <<'END'
FROM busybox
ARG A
ARG B=default
RUN echo "$A $B" > /args
COPY <<X /in
x
X
END
cd "$T/context" || exit
A=from-environment
export A
check "--build-arg without a value takes the environment's" cbuild -q -t args --build-arg A .
check_equal "both arguments" "from-environment default" "$(file_of args /args)"
printf '# comment\nA=from-file\nB=two words\n' >"$T/args"
check "--build-arg-file" cbuild -q -t args --build-arg-file "$T/args" --build-arg A=word .
check_equal "the command line counts more" "word two words" "$(file_of args /args)"
run cbuild --build-arg NOBODY=1 .
check_contains "an argument that nobody asks for is reported" "$err" NOBODY
check_equal "but does not fail the build" 0 "$status"

check "--label" cbuild -q -t labelled --label a=b --label c="d e" .
check_equal "labels are set" '{"a": "b", "c": "d e"}' "$(cbuild inspect labelled | json '{k: v for k, v in d[0]["Config"]["Labels"].items() if k in "ac"}')"

check "-o type=local" cbuild -q -o type=local,dest="$T/local" .
check_equal "leaves files" " default" "$(cat "$T/local/args")"
check "-o DIRECTORY" cbuild -q -o "$T/local2" .
check "the same files" diff -r --no-dereference -q "$T/local/etc" "$T/local2/etc"
check "-o type=tar" cbuild -q -o type=tar,dest="$T/out.tar" .
check_contains "a tar with the files" "$(tar tf "$T/out.tar")" args
check "-o type=oci" cbuild -q -o type=oci,dest="$T/oci.tar" -t exported:1 .
check_contains "an OCI layout" "$(tar tf "$T/oci.tar")" oci-layout
check "-o type=docker" cbuild -q -o type=docker,dest="$T/docker.tar" -t exported:1 .
check_contains "an archive for docker load" "$(tar tf "$T/docker.tar")" manifest.json
check_status "-o of an unknown type" 2 cbuild -o type=nonsense .
check_contains "is refused by name" "$err" nonsense

check "--progress plain" cbuild --progress plain .
check_contains "names the steps" "$err" "RUN echo"
check "--progress quiet" cbuild --progress quiet .
check_contains "prints the image ID" "$out" sha256:
check "--progress none" cbuild --progress none .
check_equal "prints nothing" "" "$out$err"
check_status "an unknown option is refused" 2 cbuild --nonsense .
check_contains "by name" "$err" --nonsense
check_status "a flag of kaniko is refused" 2 cbuild --destination x .
check_contains "with what to use instead" "$err" "hint: use --tag NAME with --push"
check "what asks for what happens anyway is accepted" cbuild -q --layers --format oci --pull=missing .

mkdir "$T/podman"
echo 'COPY . /' | cat <(echo FROM scratch) - >"$T/podman/Containerfile"
touch "$T/podman/kept" "$T/podman/left"
echo left >"$T/podman/.containerignore"
check "a Containerfile is found" cbuild -q -o "type=tar,dest=$T/podman.tar" "$T/podman"
check_lacks ".containerignore counts" "$(tar tf "$T/podman.tar")" left
printf 'FROM scratch\nCOPY --from=it . /\n' >"$T/uses-it"
check ".containerignore of a further context" cbuild -q -o "type=tar,dest=$T/podman.tar" -f "$T/uses-it" --build-context it="$T/podman" .
check_equal "counts" "$(printf '%s\n' .containerignore Containerfile kept)" "$(tar tf "$T/podman.tar" | grep -v '/$' | sed 's#^\./##' | sort)"
echo kept >"$T/other-ignore"
check "--ignorefile" cbuild -q -o "type=tar,dest=$T/podman.tar" --ignorefile "$T/other-ignore" "$T/podman"
check_contains "replaces what is found" "$(tar tf "$T/podman.tar")" left
check_lacks "with its own" "$(tar tf "$T/podman.tar")" kept
mv "$T/podman/Containerfile" "$T/podman/build.file"
check "--file may name a file of the context" cbuild -q -f build.file "$T/podman"
run env TERM=xterm-256color script -qec "$(printf '%q ' "$CBUILD" --no-cache .)" /dev/null
check_equal "a build on a terminal" 0 "$status"
run env NO_COLOR=1 TERM=xterm script -qec "$(printf '%q ' "$CBUILD" --progress plain .)" /dev/null
check_lacks "NO_COLOR" "$out" $'\033[3'
check_status "results on a full disk are an error" 4 bash -c '"$CBUILD" images >/dev/full'
finish
