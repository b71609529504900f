#!/usr/bin/env bash
# Limits of RUN steps: --memory, --cpus, --cpuset-cpus, --pids-limit and their like are kept, or refused by name before
# anything is fetched. Control groups are removed whatever ends the build.
source "$(dirname "$0")/lib.sh"
need_base busybox
need_control_groups
mark=$((RANDOM + 900000))
groups_of() { find /sys/fs/cgroup -maxdepth 8 -type d -name "cbuild-step-$1-*" 2>/dev/null; }
old_kernel=(setarch "$(uname -m)" --uname-2.6) # no pid_max of a pid namespace

# --- values
for wrong in --memory=x --memory=5m --memory-swap=1g --cpus=none --cpu-quota=1 --cpu-period=1 --cpu-shares=1 \
  --cpuset-cpus=a --cpuset-mems=1- --pids-limit=-2; do
  check_status "a wrong value: $wrong" 2 cbuild "$wrong" "$T/context"
  check_contains "names the flag: $wrong" "$err" "cbuild: ${wrong%%=*} '${wrong#*=}': "
done
dockerfile <<'END'
FROM localhost:1/none
RUN true
END
check_status "CPUs that are not there" 2 cbuild --cpuset-cpus 4000-4001 "$T/context"
check_contains "are named before anything is fetched" "$err" \
  "cbuild: --cpuset-cpus: requested CPUs are not available: requested 4000-4001, available 0"
check_status "nor nodes" 2 cbuild --cpuset-mems 4000 "$T/context"

# --- without a control group
if [[ $mode == user ]]; then
  for flag in --memory=64m --cpus=1.5 --cpu-quota=20000 --cpu-shares=512 --cpuset-mems=0; do
    check_status "without a control group: $flag" 4 cbuild "$flag" "$T/context"
    check_contains "is refused by name, before anything is fetched" "$err" "cbuild: ${flag%%=*} cannot be enforced: "
    check_contains "with what to do" "$err" "hint: "
  done
else
  check_status "root where control groups are read-only" 4 unshare --mount bash -euc '
    awk "\$5 ~ \"^/sys/fs/cgroup\" { print \$5 }" /proc/self/mountinfo | while read -r mount; do mount -o remount,ro,bind "$mount"; done
    "$CBUILD" --memory 64m "$1"' - "$T/context"
  check_contains "is told so" "$err" "cbuild: --memory cannot be enforced: "
  check_contains "with the reason" "$err" "Read-only file system"
  check_contains "and what to do" "$err" "hint: in a container /sys/fs/cgroup must be writable"
fi

dockerfile <<END
FROM busybox
RUN grep Cpus_allowed_list /proc/self/status > /cpus
END
check "CPUs are limited with and without a group" cbuild -q -t app --no-cache --cpuset-cpus 0 "$T/context"
check_equal "to those asked for" $'Cpus_allowed_list:\t0' "$(file_of app /cpus)"
app=$(image_id app)
check "another limit" cbuild -q -t again --cpuset-cpus 0 --pids-limit 100 "$T/context"
check_equal "runs no step again" "$app" "$(image_id again)"

dockerfile <<END
FROM busybox
RUN i=0; while [ \$i -lt 40 ]; do sleep $mark & i=\$((i + 1)); echo "started \$i"; done; exit 3
END
check_status "--pids-limit stops a step" 1 cbuild --progress plain --no-cache --pids-limit 20 "$T/context"
check_contains "by an error of fork" "$err" "can't fork"
check_lacks "at its number" "$err" "started 20"
check_lacks "and does not call it a fork bomb" "$err" "was killed"
check_status "--pids-limit on an old kernel" 1 "${old_kernel[@]}" "$CBUILD" --progress plain --no-cache --pids-limit 20 "$T/context"
check_contains "stops it, too" "$err" "can't fork"
check_lacks "at its number" "$err" "started 20"
check_equal "no process is left" "" "$(pgrep -af "sleep $mark")"

# --- with control groups
if [[ $mode == user && ${#control_groups[@]} -lt 4 ]]; then
  skip "limits in control groups of a user" "no groups of cgroup v1 can be made"
  finish
fi
limited() { (enter_control_groups && exec "$CBUILD" --progress plain --no-cache "$@"); }
run limited --memory 64m - <<<"FROM busybox"
[[ $status == 0 ]] || {
  skip "limits in control groups" "$err"
  finish
}

# A line that does not end: tail keeps all of it.
dockerfile "$T/greedy" <<'END'
FROM busybox
RUN tail /dev/zero
END
dockerfile "$T/shell" <<'END'
FROM busybox
RUN tail /dev/zero; exit 3
END
for swap in "" --memory-swap=64m --memory-swap=100m; do
  check_status "a step beyond its limit of memory ${swap:+with $swap }fails" 1 limited --memory 64m ${swap:+"$swap"} "$T/greedy"
  check_contains "says why" "$err" "was killed: out of memory: the step reached its limit of 64MiB (peak 6"
  check_contains "and what to do" "$err" "hint: if it needs more, raise the limit: --memory SIZE"
done
check_status "also when a child is killed" 1 limited -m 16m "$T/shell"
check_contains "says it" "$err" "the step reached its limit of 16MiB (peak 1"
dockerfile "$T/modest" <<'END'
FROM busybox
RUN dd if=/dev/zero of=/dev/null bs=16M count=1; exit 137
END
check_status "what needs less" 1 limited -m 64m "$T/modest"
check_lacks "has not run out of memory, whatever its exit code" "$err" "out of memory"

# limit FILE: what a file of the step's groups says.
limit() { groups_of "$pid" | while read -r group; do cat "$group/$1" 2>/dev/null; done; }
dockerfile <<END
FROM busybox
RUN sleep $mark
END
# sleeping FLAG…: a build in the background whose step sleeps; its process is $pid.
sleeping() {
  (enter_control_groups && exec env --default-signal=INT setsid "$CBUILD" -q -t never --no-cache "$@" "$T/context") >/dev/null 2>&1 &
  pid=$!
  wait_until 20 pgrep -fx "sleep $mark"
}
check "a step with all limits" sleeping -m 32m --memory-swap 48m --cpus 0.5 -c 512 --cpuset-cpus 0 --cpuset-mems 0
if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
  files=(memory.max 33554432 memory.swap.max 16777216 cpu.max "50000 100000" cpu.weight 59 cpuset.cpus 0)
else
  files=(memory.limit_in_bytes 33554432 memory.memsw.limit_in_bytes 50331648 cpu.cfs_quota_us 50000
    cpu.cfs_period_us 100000 cpu.shares 512 cpuset.cpus 0 cpuset.mems 0)
fi
for ((i = 0; i < ${#files[@]}; i += 2)); do
  check_equal "has ${files[i]}" "${files[i + 1]}" "$(limit "${files[i]}")"
done
check_equal "and its process is in each of its groups" "$(groups_of "$pid" | wc -l)" \
  "$(groups_of "$pid" | while read -r group; do cat "$group/cgroup.procs"; done | grep -cx "$(pgrep -fx "sleep $mark")")"
kill -INT "$pid"
wait "$pid"
check_equal "Ctrl-C ends the build" 130 $?
check_equal "and removes its groups" "" "$(groups_of "$pid")"

check "another one" sleeping -m 32m
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "that is killed ends its step" wait_until 5 bash -c "! pgrep -fx 'sleep $mark'"
check_status "the next build" 1 limited -m 64m "$T/modest"
check_equal "removes the group" "" "$(groups_of "$pid")"

finish
