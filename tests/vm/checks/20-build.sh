#!/usr/bin/env bash
# A build with RUN.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
need_base
mkdir "$work/context"
echo content >"$work/context/file"
cat >"$work/context/Dockerfile" <<'DOCKERFILE'
FROM busybox
COPY --chown=12:34 file /file
RUN id -u >/uid && chown 56:78 /uid && mkdir /directory && rm -r /tmp
CMD ["cat", "/file"]
DOCKERFILE
check "builds" cbuild build --no-cache -t built "$work/context"
run bash -c 'printf "FROM built\n" | '"$payload"'/cbuild build -q -o type=tar,dest=- - | tar tvf - --numeric-owner'
check_contains "COPY --chown has its owner" "$out" "12/34"
check_contains "the file of RUN has its owner" "$out" "56/78"
if [[ $out == *bin/busybox* && $out != *" ./tmp/"* ]]; then
  ok "what RUN removed is gone"
else
  not_ok "what RUN removed is gone" "$out"
fi
run build <<<$'FROM busybox\nRUN exit 7'
check_contains "a RUN that fails is said to" "$out" "exit code: 7"
run build <<<$'FROM busybox\nRUN id -u; cat /proc/self/uid_map; ls /proc | grep -c "^[0-9]"'
check_equal "a RUN with namespaces of its own works" 0 "$status"
