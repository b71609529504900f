#!/usr/bin/env bash
# Limits that cgroup v2 keeps, delegated by systemd, and a step that runs out of memory.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
need_base
run build --memory 32m <<<$'FROM busybox\nRUN head -c 200m /dev/zero | tail'
check_equal "a step over its memory limit fails" 1 "$status"
check_contains "the message says so, with the limit" "$out" "out of memory"
check_contains "and names it" "$out" "32"
run build --memory 64m <<<$'FROM busybox\nRUN echo fits'
check_equal "a step below its memory limit succeeds" 0 "$status"
run build --pids-limit 20 <<<$'FROM busybox\nRUN for i in $(seq 40); do sleep 3 & done; wait'
check_contains "a step at its limit of processes cannot fork" "$out" "can't fork"
run build --cpus 0.5 --progress plain <<<$'FROM busybox\nRUN cat /sys/fs/cgroup/cpu.max'
check_contains "the share of a processor is set" "$out" "50000 100000"
run build --cpu-shares 512 --progress plain <<<$'FROM busybox\nRUN cat /sys/fs/cgroup/cpu.weight'
check_contains "the weight is set" "$out" " 59"
groups=$(find /sys/fs/cgroup -type d -name 'cbuild-step-*' 2>/dev/null)
check_equal "no control group is left" "" "$groups"
run cbuild doctor
note "doctor: $(grep -iE 'limits|memory|cgroup' <<<"$out" | tr '\n' ';')"
