#!/usr/bin/env bash
# Several cbuild at once on one store.
source "$(dirname "$0")/lib.sh"
need_base busybox
dockerfile <<'END'
FROM busybox
RUN seq 1 20000 > /numbers && sleep 0.2
COPY Dockerfile /copy
RUN wc -l < /numbers > /lines
END
SOURCE_DATE_EPOCH=1700000000
export SOURCE_DATE_EPOCH

pids=()
for i in 1 2 3 4 5 6; do
  cbuild -q -t "same:$i" "$T/context" >"$T/id.$i" 2>"$T/err.$i" &
  pids+=($!)
done
bad=0
for i in 1 2 3 4 5 6; do wait "${pids[i - 1]}" || { bad=1 && _quote <"$T/err.$i"; }; done
check_equal "six builds of one Dockerfile succeed" 0 "$bad"
check_equal "and come to one image" 1 "$(cat "$T"/id.* | sort -u | wc -l)"
check_equal "with six names" 6 "$(for i in 1 2 3 4 5 6; do image_id "same:$i"; done | grep -c "$(cat "$T/id.1")")"

pids=()
for i in 1 2 3 4; do
  mkdir "$T/other$i"
  printf 'FROM busybox\nRUN echo %s > /which && sleep 0.%s\nRUN cat /which > /again\n' "$i" "$i" >"$T/other$i/Dockerfile"
  cbuild -q -t "other:$i" "$T/other$i" >"$T/id.$i" 2>"$T/err.$i" &
  pids+=($!)
done
for _ in 1 2 3 4 5; do
  cbuild images >/dev/null 2>>"$T/err.list" || echo images >>"$T/bad"
  timeout 60 "$CBUILD" prune >/dev/null 2>>"$T/err.list" || echo prune >>"$T/bad"
done
bad=0
for i in 1 2 3 4; do wait "${pids[i - 1]}" || { bad=1 && _quote <"$T/err.$i"; }; done
check_equal "different builds beside prune succeed" 0 "$bad"
check_equal "so do images and prune" "" "$(cat "$T/bad" 2>/dev/null; cat "$T/err.list" 2>/dev/null | grep -i 'error' || true)"
for i in 1 2 3 4; do check_equal "result $i" "$i" "$(file_of "other:$i" /again)"; done

start_registry
cbuild tag same:1 "$registry/same:1" && cbuild push "$registry/same:1" >/dev/null 2>&1
empty_store
pids=()
for i in 1 2 3 4; do
  cbuild pull "$registry/same:1" >/dev/null 2>"$T/err.$i" &
  pids+=($!)
done
bad=0
for i in 1 2 3 4; do wait "${pids[i - 1]}" || { bad=1 && _quote <"$T/err.$i"; }; done
check_equal "four pulls of one image succeed" 0 "$bad"
check_equal "its files are there" 20000 "$(file_of "$registry/same:1" /lines)"
check_store "all images are whole"
finish
