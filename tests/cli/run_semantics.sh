#!/usr/bin/env bash
# What a RUN step starts with, what of its changes becomes the layer, and how it may end.
source "$(dirname "$0")/lib.sh"
need_base busybox
context=$T/context

# entries IMAGE: names in the topmost layer.
entries() {
  rm -rf "$T/layout"
  cbuild save --format oci-dir -o "$T/layout" "$1" >/dev/null 2>&1
  python3 - "$T/layout" <<'PY'
import json, sys, tarfile
root = sys.argv[1]
blob = lambda d: root + "/blobs/" + d["digest"].replace(":", "/")
index = json.load(open(root + "/index.json"))
manifest = json.load(open(blob(index["manifests"][0])))
for member in tarfile.open(blob(manifest["layers"][-1])):
    print(member.name)
PY
}

# --- where it starts

dockerfile <<'END'
FROM busybox
RUN printf '%s\n' 'app:x:1234:1235::/home/app:/bin/sh' 'bare:x:77:78:::/bin/sh' >> /etc/passwd && \
    printf '%s\n' 'app:x:1235:' 'extra:x:2000:other,app' 'more:x:2001:app' >> /etc/group && \
    mkdir -m 0777 /out && rm -rf /made
WORKDIR /made/here
RUN rmdir /made/here /made && true
RUN pwd > /out/cwd; umask > /out/umask; readlink /proc/self/fd/0 > /out/stdin; ls /proc/self/fd | wc -l > /out/fds; \
    env | sort > /out/env; cat /proc/self/sessionid > /dev/null 2>&1; tty > /out/tty 2>&1; true
USER app
RUN id > /out/app; echo "$HOME" >> /out/app
USER 1234
RUN id -u > /out/number; id -g >> /out/number; echo "$HOME" >> /out/number
USER app:extra
RUN id -g > /out/group; id -G >> /out/group
USER 4321
RUN id -u > /out/unknown; id -g >> /out/unknown; echo "$HOME" >> /out/unknown
ENV HOME=/own HOSTNAME=own
RUN echo "$HOME $HOSTNAME $(hostname)" > /out/own
USER root
WORKDIR /
ARG http_proxy
RUN <<EOF
echo script
EOF
RUN <<EOF
#!/bin/awk BEGIN { print "awk" > "/out/awk" }
EOF
RUN cat <<ONE <<TWO > /out/heredocs
one $((1 + 1))
ONE
two
TWO
RUN test ! -e /dev/pipes
END
CANARY=leaks check "steps start" cbuild build -t start "$context"
check_equal "in the working directory, made again" /made/here "$(file_of start /out/cwd)"
check_equal "with umask 0022" 0022 "$(file_of start /out/umask)"
check_equal "with nothing on stdin" /dev/null "$(file_of start /out/stdin)"
check_equal "with stdin, stdout, stderr and no other file (and the directory listed)" 4 "$(file_of start /out/fds)"
check_contains "without a terminal" "$(file_of start /out/tty)" "not a tty"
check_equal "with an environment of their own" "HOME HOSTNAME PATH PWD SHLVL" \
  "$(file_of start /out/env | cut -d = -f 1 | tr '\n' ' ' | sed 's/ $//')"
check_equal "USER by name: all groups" $'uid=1234(app) gid=1235(app) groups=1235(app),2000(extra),2001(more)\n/home/app' "$(file_of start /out/app)"
check_equal "USER by number: passwd's group and home" $'1234\n1235\n/home/app' "$(file_of start /out/number)"
check_equal "USER with a group: only that" $'2000\n2000' "$(file_of start /out/group)"
check_equal "an unknown number: group 0, home /" $'4321\n0\n/' "$(file_of start /out/unknown)"
check_equal "ENV wins" "/own own buildkitsandbox" "$(file_of start /out/own)"
check_equal "a script with its own interpreter" awk "$(file_of start /out/awk)"
check_equal "here-documents of the shell" "two" "$(file_of start /out/heredocs)"

# --- what becomes the layer

dockerfile <<'END'
FROM busybox
RUN mkdir -p /d/sub && echo aaaa > /d/same && echo x > /d/gone && echo x > /d/sub/x && echo x > /d/kept && \
    touch -d '2001-01-01 00:00:00' /d/kept
RUN echo bbbb > /d/same; rm /d/gone; rm -r /d/sub; touch -d '2002-02-02 00:00:00' /d/kept; chmod 0644 /d/kept; \
    echo temporary > /d/temporary; rm /d/temporary; cat /etc/resolv.conf > /dev/null; ls -R /etc > /dev/null
END
check "changes" cbuild build -q -t changes "$context"
check_equal "are the layer" $'d\nd/.wh.gone\nd/.wh.sub\nd/kept\nd/same' "$(entries changes | sort)"
check_equal "the same size within a second is seen" bbbb "$(file_of changes /d/same)"
dockerfile <<'END'
FROM busybox
RUN echo box > /etc/hostname && ! (echo x >> /etc/hosts) 2>/dev/null && ! (echo x >> /etc/resolv.conf) 2>/dev/null
END
check "a step that names the machine" cbuild build -q -t named "$context"
check_equal "as an installer does" $'etc\netc/hostname' "$(entries named)"
dockerfile <<'END'
FROM busybox
RUN true
END
check "no change" cbuild build -q -t nothing "$context"
check_equal "is an empty layer" "" "$(entries nothing)"

# --- how it ends

dockerfile <<'END'
FROM busybox
RUN sleep 1000 & setsid sleep 1000 & nohup sleep 1000 > /dev/null 2>&1 & true
END
timed cbuild build -q "$context"
check_equal "processes left in the background" 0 "$status"
check_less "do not keep the step" "$elapsed" 10000 ms
check_equal "and do not outlive it" "" "$(pgrep -u "$(id -u)" -f 'sleep 1000' || true)"
ends() {
  dockerfile <<END
FROM busybox
RUN $1
END
  check_status "$1" 1 cbuild build "$context"
  check_contains "is told" "$err" "$2"
}
ends 'exit 3' 'exit code: 3'
ends 'nosuchcommand' 'exit code: 127'
ends '["/nosuchcommand"]' 'exit code: 127'
ends '["/etc/passwd"]' 'exit code: 126'
ends 'kill -9 $$' 'signal 9 (SIGKILL)'
ends '["/bin/sh", "-c", "kill -TERM $$"]' 'signal 15 (SIGTERM)'
ends 'sh -c "kill -SEGV \$\$"; exit $?' 'exit code: 139'
finish
