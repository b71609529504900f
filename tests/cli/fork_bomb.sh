#!/usr/bin/env bash
# A fork bomb in RUN ends its step, and neither the machine nor a build beside it suffers. --ulimit nproc is kept.
source "$(dirname "$0")/lib.sh"
need_base busybox
mark=$((RANDOM + 800000))

dockerfile "$T/beside" <<'END'
FROM busybox
RUN i=0; while [ $i -lt 200 ]; do busybox true || exit 1; sleep 0.02; i=$((i + 1)); done
END
# A shell that cannot fork ends: one must be left that does not try.
dockerfile "$T/bomb" <<END
FROM busybox
RUN (while :; do sleep $mark & done); while :; do :; done
END
dockerfile "$T/other-user" <<END
FROM busybox
USER 33
RUN (while :; do sleep $mark & done); while :; do :; done
END
groups_of() { find /sys/fs/cgroup -maxdepth 8 -type d -name "cbuild-step-$1-*" 2>/dev/null; }

# bomb NAME CONTEXT COMMAND…: explodes beside a build.
bomb() {
  local name=$1 directory=$2
  shift 2
  "$@" "$CBUILD" -q -t beside --no-cache "$T/beside" >/dev/null 2>"$T/beside.err" &
  local beside=$!
  timed "$@" timeout 100 "$CBUILD" --progress plain -t never --no-cache "$directory"
  check_equal "$name: the step fails" 1 "$status"
  check_contains "$name: with the reason" "$err" "was killed: it reached the limit of"
  check_less "$name: soon" "$elapsed" 60000 ms
  check_equal "$name: no process is left" "" "$(pgrep -af "sleep $mark")"
  if wait "$beside"; then ok "$name: a build beside it succeeds"; else not_ok "$name: a build beside it succeeds" && _quote <"$T/beside.err"; fi
}

bomb "a bomb" "$T/bomb"
bomb "a bomb of another user" "$T/other-user"
# What older kernels have: a limit of the user namespace, a control group.
bomb "a bomb on an old kernel" "$T/bomb" setarch "$(uname -m)" --uname-2.6
# As in a container: the pid namespace has no /proc by which its pid_max could be set.
bomb "a bomb where /proc is masked" "$T/bomb" isolated_by masked
dockerfile <<END
FROM busybox
RUN i=0; while [ \$i -lt 60 ]; do sleep 1 & i=\$((i + 1)); done
END
run isolated_by masked "$CBUILD" --progress plain --pids-limit 30 "$T/context"
check_contains "--pids-limit is kept there" "$err" "can't fork"

# --- a wish

dockerfile <<END
FROM busybox
RUN ulimit -u; i=0; while [ \$i -lt 200 ]; do sleep $mark & i=\$((i + 1)); echo "started \$i"; done; exit 3
END
check_status "--ulimit nproc=100 stops a step" 1 cbuild --progress plain --no-cache --ulimit nproc=100 "$T/context"
check_contains "as it is told" "$err" " 100
"
check_contains "by an error of fork" "$err" "can't fork"
check_lacks "at one hundred" "$err" "started 100"
check_contains "not much before" "$err" "started 80"
check_status "more is let" 1 cbuild --progress plain --no-cache --ulimit nproc=400 "$T/context"
check_contains "to all of them" "$err" "started 200"
check_contains "by its own code" "$err" "exit code: 3"

if [[ $mode == root ]]; then
  check_status "without a control group root's wish is refused" 4 unshare --mount bash -euc '
    mount -t tmpfs -o ro none /sys/fs/cgroup
    "$CBUILD" --no-cache --ulimit nproc=100 "$1"' - "$T/context"
  check_contains "in words" "$err" "--ulimit nproc=100 cannot be enforced for root"
  check_contains "with what to do" "$err" "hint: Linux does not apply this limit to root"

  dockerfile <<END
FROM busybox
RUN sleep $mark
END
  "$CBUILD" -q -t never --ulimit nproc=100 "$T/context" >/dev/null 2>&1 &
  pid=$!
  check "a step with a control group" wait_until 20 pgrep -fx "sleep $mark"
  check_differ "has one" "" "$(groups_of "$pid")"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  check "a kill ends the step" wait_until 5 bash -c "! pgrep -fx 'sleep $mark'"
  cbuild -q -t beside --no-cache --ulimit nproc=100 "$T/beside" >/dev/null 2>&1
  check_equal "and the next one takes the group away" "" "$(groups_of "$pid")"
  check_equal "as all that nobody is in" "" "$(groups_of '*' | while read -r group; do
    [[ -n $(cat "$group/cgroup.procs" 2>/dev/null) ]] || echo "$group"
  done)"
fi
finish
