#!/usr/bin/env bash
# SIGKILL at any instant: what was being done is lost, nothing else; the same build then succeeds.
source "$(dirname "$0")/lib.sh"
need_base busybox
start_registry
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH
mkdir -p "$T/context/tree"
for i in $(seq 300); do echo "$i" >"$T/context/tree/file$i"; done
mark=$((RANDOM + 800000))
dockerfile <<END
FROM busybox
COPY tree /tree
RUN seq 1 100000 > /numbers; : sleep $mark
RUN rm -r /tree/file1* && sleep 0.2
COPY --chown=9:9 tree /again
END
check "the reference" cbuild -q -t reference "$T/context"
id=$(image_id reference)
cbuild tag reference "$registry/app:1"
check "push" cbuild push "$registry/app:1"

broken=0 unsound=0 wrong=0 alive=0 untagged=0
for i in $(seq 15); do
  setsid "$CBUILD" -q --no-cache -t killed "$T/context" >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '0.%03d' $((RANDOM % 900)))"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  sleep 0.3
  pgrep -f "sleep $mark" >/dev/null && sleep 1 && pgrep -f "sleep $mark" >/dev/null && alive=$((alive + 1))
  run cbuild -q -t after "$T/context"
  if [[ $status != 0 ]]; then broken=$((broken + 1)) && _show_run; fi
  [[ $out == "$id" ]] || wrong=$((wrong + 1))
  [[ $(image_id reference 2>/dev/null) == "$id" ]] || untagged=$((untagged + 1))
  run cbuild save -o "$T/saved.tar" reference
  if [[ $status != 0 ]]; then unsound=$((unsound + 1)) && _show_run; fi
done
check_equal "the build then succeeds" 0 "$broken"
check_equal "with the same image" 0 "$wrong"
check_equal "names stay" 0 "$untagged"
check_equal "what was there stays whole" 0 "$unsound"
check_equal "a killed build's steps die with it" 0 "$alive"

broken=0 wrong=0
for i in $(seq 10); do
  empty_store
  setsid "$CBUILD" pull "$registry/app:1" >/dev/null 2>&1 &
  pid=$!
  sleep "$(printf '0.%03d' $((RANDOM % 200)))"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  run cbuild pull "$registry/app:1"
  [[ $status == 0 ]] || broken=$((broken + 1))
  [[ $(image_id "$registry/app:1") == "$id" ]] || wrong=$((wrong + 1))
done
check_equal "a killed pull: the next succeeds" 0 "$broken"
check_equal "a killed pull: with the same image" 0 "$wrong"
check_equal "all files are there" 300 "$(files_of "$registry/app:1" | grep -c ' again/file')"
check "everything is removed" empty_store
check_less "takes what the killed ones left" "$(du -sk "$CBUILD_ROOT" | cut -f 1)" 3000 KiB
finish
