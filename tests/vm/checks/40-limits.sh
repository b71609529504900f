#!/usr/bin/env bash
# Limits and OOM: to be completed with the limits' own checks.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
need_base
if has_option build --memory; then
  run build --memory 32m <<<$'FROM busybox\nRUN head -c 200m /dev/zero | tail'
  [[ $status != 0 ]] && ok "a step over its memory limit fails" || not_ok "a step over its memory limit fails" "$out"
  check_contains "the message names the limit" "$out" "memory"
  run build --memory 64m <<<$'FROM busybox\nRUN echo fits'
  check_equal "a step below its memory limit succeeds" 0 "$status"
else
  skip "memory limit" "no --memory"
fi
if has_option build --pids-limit; then
  run build --pids-limit 20 <<<$'FROM busybox\nRUN for i in $(seq 40); do sleep 3 & done; wait'
  [[ $status != 0 ]] && ok "a step over its limit of processes fails" ||
    not_ok "a step over its limit of processes fails" "$out"
else
  skip "limit of processes" "no --pids-limit"
fi
