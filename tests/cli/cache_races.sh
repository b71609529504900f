#!/usr/bin/env bash
# Two steps share a cache. While cbuild makes a directory in it for the one, the other swaps that directory for a link
# to a file of the host. Only the cache may change.
source "$(dirname "$0")/lib.sh"
command -v cc >/dev/null || skip_all "no C compiler"
need_base busybox
seconds=5 directories=20

canary=$T/canary
echo host >"$canary"
chmod 0600 "$canary"
look_of_canary() { stat -c '%a %u:%g %y' "$canary"; }
before=$(look_of_canary)

# The exchange fails until cbuild has made the directory, and is done right after that.
mkdir -p "$T/context"
cat >"$T/swap.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char** argv) {
  alarm(2);
  int cache = open("/c", O_RDONLY | O_DIRECTORY);
  for (int number = 0; argc > 1; ++number) {
    char name[32], link[32];
    sprintf(name, "s%d", number);
    sprintf(link, "link%d", number);
    symlinkat(argv[1], cache, link);
    while (renameat2(cache, name, cache, link, RENAME_EXCHANGE) != 0) {}
  }
}
END
check "the attacker is compiled" cc -O2 -static -o "$T/context/swap" "$T/swap.c"

# attack ROUND: a fresh cache, in which many directories are made, one after the other.
attack() {
  local number mount="--mount=type=cache,id=round-$1,mode=0777"
  {
    echo 'FROM busybox AS swap'
    echo 'COPY swap /swap'
    echo "RUN $mount,target=/c /swap $canary; true"
    echo 'FROM busybox'
    echo "RUN $mount,target=/c until test -L /c/link0; do :; done"
    for ((number = 0; number < directories; number++)); do echo "RUN $mount,source=s$number,target=/x true"; done
    echo 'COPY --from=swap /swap /swap'
  } >"$T/context/Dockerfile"
  cbuild build --no-cache "$T/context"
}

builds=0 met=0 ends=$((SECONDS + seconds))
while [[ $SECONDS -lt $ends && $(look_of_canary) == "$before" ]]; do
  builds=$((builds + 1))
  run attack "$builds"
  # The step that was to have the directory meets the link.
  [[ $err != *"Not a directory"* ]] || met=$((met + 1))
done
check_equal "a link in a shared cache leads to no file of the host" "$before" "$(look_of_canary)"
echo "# the link was met in $met of $builds builds"
finish
