#!/usr/bin/env bash
# FIFOs, sockets, devices and directories where a file is read: told at once, and never waited for. Pipes that the caller
# hands over are read.
source "$(dirname "$0")/lib.sh"
need_base busybox
cd "$T" || exit
quickly() { timeout --foreground 20 "$CBUILD" "$@"; }

# place KIND PATH: something that is no regular file.
place() {
  rm -rf "$2"
  case $1 in
    FIFO) mkfifo "$2" ;;
    directory) mkdir "$2" ;;
    device) mknod "$2" c 1 5 ;; # /dev/zero
    socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$2" ;;
  esac
}

# refused NAME PATH COMMAND…: whatever lies at PATH, the command says within seconds that it takes no such file.
refused() {
  local name=$1 path=$2 kind
  shift 2
  for kind in FIFO socket directory device; do
    [[ $kind != device || $mode == root ]] || continue
    place $kind "$path"
    run "$@"
    if [[ $status != 0 && $status != 124 && $err == *"$(basename "$path")"* ]]; then
      ok "$name: a $kind is refused"
    else
      not_ok "$name: a $kind is refused" && _show_run
    fi
  done
  rm -rf "$path"
}

printf 'FROM busybox\nCOPY f /f\n' | dockerfile
echo f >"$T/context/f"
cbuild build -q -o type=oci,tar=false,dest=layout "$T/context" >/dev/null
cbuild save -o archive.tar busybox

for file in index.json oci-layout; do
  cp -r layout broken
  refused "load, $file" broken/$file quickly load -i broken
  rm -rf broken && cp -r layout broken
  refused "oci-layout://, $file" broken/$file quickly build --build-context busybox=oci-layout://broken "$T/context"
  rm -rf broken
done
mkdir docker && tar xf archive.tar -C docker && rm -rf docker/oci-layout docker/index.json
refused "load, manifest.json" docker/manifest.json quickly load -i docker
refused "-o type=oci,tar=false" layout/index.json quickly build -o type=oci,tar=false,dest=layout "$T/context"

mkdir c && echo f >c/f
refused "Dockerfile" c/Dockerfile quickly build c
refused "--file" c/other quickly build -f c/other c
cp context/Dockerfile c/Dockerfile
refused ".dockerignore" c/.dockerignore quickly build c
refused "Dockerfile.dockerignore" c/Dockerfile.dockerignore quickly build c
refused "--ignorefile" c/ignored quickly build --ignorefile c/ignored c
refused "--build-arg-file" c/args quickly build --build-arg-file c/args c
refused "--secret" c/secret quickly build --secret id=s,src=c/secret c
mkdir config
refused "config.json" config/config.json env DOCKER_CONFIG="$T/config" timeout 20 "$CBUILD" logout 127.0.0.1:9
certificates=$HOME/.config/containers/certs.d/127.0.0.1:9
mkdir -p "$certificates"
refused "an authority" "$certificates/ca.crt" quickly pull 127.0.0.1:9/nothing
: >"$certificates/client.cert"
refused "a key" "$certificates/client.key" quickly pull 127.0.0.1:9/nothing
rm -r "$certificates"
refused "debug ast" c/shown quickly debug ast c/shown

# what a mount or a COPY takes of a context may be anything, and does not stop it
mkfifo c/fifo
printf 'FROM busybox\nCOPY fifo /\nRUN --mount=source=fifo,target=/mounted test -p /fifo\n' >c/Dockerfile
check "a FIFO is copied and mounted" quickly build -q c
printf 'FROM busybox\nRUN mkfifo /etc/group2 && rm -f /etc/passwd && mkfifo /etc/passwd\nUSER 5\nRUN true\nCOPY --chown=5 f /\n' >c/Dockerfile
check "a FIFO for the image's passwd" quickly build -q c

# --- pipes of the caller
check "--file <(…)" quickly build -q -t piped -f <(printf 'FROM busybox\nCOPY f /piped\n') c
check_equal "is read" f "$(file_of piped /piped)"
check "--build-arg-file <(…)" quickly build -q --build-arg-file <(sleep 0.5; echo A=b) context
printf 'FROM busybox\nRUN --mount=type=secret,id=s cat /run/secrets/s > /seen\n' >c/Dockerfile
check "--secret src=<(…)" quickly build -q -t secret --secret id=s,src=<(sleep 0.5; echo slow) c
check_equal "waits for what comes" slow "$(file_of secret /seen)"
check "load -i <(…)" quickly load -i <(cat archive.tar)
check "import <(…)" quickly import <(tar cf - context) piped-import
check "debug ast <(…)" quickly debug ast <(echo FROM scratch)
mkfifo fifo
(sleep 1 && cat archive.tar >fifo) &
check "load -i FIFO" quickly load -i fifo
check_status "a FIFO that nobody writes to" 2 quickly load -i fifo
check_contains "is told" "$err" "fifo is a FIFO, and no process writes to it"
quickly load -i fifo 2>/dev/null &
pid=$!
sleep 1
kill -INT "$(pgrep -P $pid)"
wait $pid
check_equal "waiting for a FIFO ends with a signal" 130 $?
finish
