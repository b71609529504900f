#!/usr/bin/env bash
# Every script of the project passes shellcheck's warnings.
set -uo pipefail
cd "$1" || exit
if shellcheck --severity=warning \
  .ci/run scripts/*.sh tests/lint/*.sh tests/bench/*.sh tests/cli/*.sh tests/fuzz/*.sh tests/support/*.sh \
  tests/vm/*.sh tests/vm/checks/*.sh; then
  echo "ok - shellcheck"
else
  echo "not ok - shellcheck"
  exit 1
fi
