#!/usr/bin/env bash
# RUN: shell and exec form, environment, user, directory, mounts, network, what a step can and cannot see.
source "$(dirname "$0")/lib.sh"
need_base busybox

dockerfile <<'END'
FROM busybox
ENV NAME=world
ARG KIND=friendly
RUN echo "hello $NAME, $KIND" > /greeting
RUN ["/bin/sh", "-c", "echo exec form > /exec"]
WORKDIR /work
RUN pwd > /where && id -u > /who
RUN <<SCRIPT
echo one > /heredoc
echo two >> /heredoc
SCRIPT
RUN echo 'builder:x:1234:1234::/home/b:/bin/sh' >> /etc/passwd && mkdir /home/b && chown 1234:1234 /home/b
USER builder
RUN id -u > /home/b/who && echo "$HOME" >> /home/b/who
USER root
RUN touch /tmp/file && ln /tmp/file /tmp/hard && ln -s file /tmp/soft && chmod 4755 /tmp/file && mkfifo /tmp/fifo
RUN rm /greeting && mkdir /greeting
END
check "builds" cbuild -t run "$T/context"
check_contains "shows what a step prints" "$(cbuild --no-cache "$T/context" 2>&1 --progress plain -f - <<<'FROM busybox
RUN echo marker-$((40 + 2))')" "marker-42"
check_equal "exec form" "exec form" "$(file_of run /exec)"
check_equal "WORKDIR holds for RUN" /work "$(file_of run /where)"
check_equal "root by default" 0 "$(file_of run /who)"
check_equal "heredoc" $'one\ntwo' "$(file_of run /heredoc)"
check_equal "USER holds for RUN" 1234 "$(file_of run /home/b/who | head -n 1)"
check_equal "owners, set-id bits, links" "\
-rwsr-xr-x 0/0 0 tmp/file
prw-r--r-- 0/0 0 tmp/fifo
hrwsr-xr-x 0/0 0 tmp/hard link to tmp/file
lrwxrwxrwx 0/0 0 tmp/soft -> file
-rw-r--r-- 1234/1234 $(file_of run /home/b/who | wc -c) home/b/who
drwxr-xr-x 0/0 0 greeting/" "$(files_of run tmp/file tmp/fifo tmp/hard tmp/soft home/b/who greeting/ | sed 's#link to \./#link to #')"

dockerfile <<'END'
FROM busybox
RUN test -c /dev/null && test -c /dev/urandom && test -w /dev/shm && test -e /proc/self/status && test -d /sys
RUN test ! -e /dev/sda && test "$(cat /proc/sys/kernel/hostname)" != ""
RUN grep -q localhost /etc/hosts
RUN ! mount -t tmpfs none /mnt 2>/dev/null
RUN test "$(ps | wc -l)" -lt 10
END
check "a step has devices, proc, sys, hosts, and may not mount" cbuild -q -t sandboxed "$T/context"
check_equal "what is mounted for a step is no part of the image" "" \
  "$(files_of sandboxed | grep -E ' (proc|sys)/.|etc/(resolv.conf|hosts)$|dev/.' || true)"

dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/cache,id=test echo x >> /cache/count && wc -l < /cache/count > /count
RUN --mount=type=tmpfs,target=/scratch touch /scratch/file
RUN --mount=type=bind,source=input,target=/input cat /input/data > /data
END
mkdir -p "$T/context/input"
echo bound >"$T/context/input/data"
check "mounts of cache, tmpfs and bind" cbuild -q -t mounts "$T/context"
check_equal "the cache mount is written" 1 "$(file_of mounts /count)"
check_equal "the context is bound" bound "$(file_of mounts /data)"
check_lacks "mounted files stay out of the image" "$(files_of mounts)" "scratch/file"
check "a second run of the step" cbuild -q -t mounts --no-cache "$T/context"
check_equal "finds the cache mount as it was left" 2 "$(file_of mounts /count)"

dockerfile <<'END'
FROM busybox
RUN --network=none ! ip addr | grep -q "inet .* eth"
END
check "a step without network" cbuild -q "$T/context"

dockerfile <<'END'
FROM busybox
RUN echo before the end; echo why it failed >&2; exit 7
END
check_status "a failing step ends with 1" 1 cbuild -t never "$T/context"
check_contains "shows what it wrote" "$err" "why it failed"
check_contains "tells its exit code" "$err" 7
check_contains "tells the line" "$err" Dockerfile:2
check_status "nothing is tagged" 2 cbuild inspect never

need_base python
dockerfile <<'END'
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
RUN curl --version && python --version && pip --version
END
check "apt-get installs a package inside" cbuild -t apt "$T/context"
check_contains "and it is in the image" "$(files_of apt usr/bin/curl)" "-rwxr-xr-x 0/0"
finish
