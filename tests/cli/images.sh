#!/usr/bin/env bash
# images, tag, rmi, inspect, history, prune, df.
source "$(dirname "$0")/lib.sh"
need_base busybox
dockerfile <<'END'
FROM busybox
LABEL team=blue
RUN echo one > /one
ENV A=b
RUN head -c 3000000 /dev/urandom > /big
CMD ["sh"]
END
check "builds" cbuild -q -t app:1 "$T/context"
id=$(image_id app:1)
short=${id#sha256:}
short=${short:0:12}

cbuild images >"$T/list"
check_contains "images shows it" "$(tr -s ' ' <"$T/list")" "app 1 $short"
check_contains "and the base" "$(tr -s ' ' <"$T/list")" "busybox latest"
check_contains "images -q" "$(cbuild images -q)" "$short"
check_equal "images as JSON" True "$(cbuild images --format json | json 'str(any("app:1" in json.dumps(i) for i in d))')"

check "tag" cbuild tag app:1 registry.example:5000/team/app:v2
check_equal "the same image" "$id" "$(image_id registry.example:5000/team/app:v2)"
check_equal "by a prefix of its ID" "$id" "$(image_id "$short")"
check "tag by ID" cbuild tag "$short" byid
check_status "tag of nothing" 2 cbuild tag no-such x
check_status "a bad name" 2 cbuild tag app:1 'UPPER/Case'

cbuild history --no-trunc app:1 >"$T/history"
check_contains "history shows the steps" "$(cat "$T/history")" "/big"
check_equal "history: newest first, sizes of layers" '["CMD", true]' \
  "$(cbuild history --format json --no-trunc app:1 | json '["CMD" if "CMD" in d[0]["CreatedBy"] else d[0], max(e["Size"] for e in d) >= 3000000]')"

check "rmi of one name" cbuild rmi byid
check_equal "leaves the image" "$id" "$(image_id app:1)"
check_status "rmi of nothing" 2 cbuild rmi no-such
check "rmi of the others" cbuild rmi registry.example:5000/team/app:v2 app:1
check_status "then it is gone" 2 cbuild inspect app:1

check "df" cbuild df
before=$(cbuild df --format json | json 'sum(e["Size"] for e in d)')
check "rmi by ID takes all names" cbuild rmi --force "$(image_id busybox)"
check "prune --all" cbuild prune --all --force
after=$(cbuild df --format json | json 'sum(e["Size"] for e in d)')
check_less "gives the space back" "$after" 100000 bytes
check_less "there was some" 3000000 "$before" bytes
check_equal "no image is left" "" "$(cbuild images -q)"
check_less "nor files of layers" "$(du -sk "$CBUILD_ROOT" 2>/dev/null | cut -f 1)" 2000 KiB

need_base busybox
check "builds again after that" cbuild -q -t app:2 "$T/context"
cbuild -q -t app:2 --no-cache "$T/context" >/dev/null 2>&1
check_equal "an image that lost its name" 1 "$(cbuild images -q --filter dangling=true | wc -l)"
check "prune" cbuild prune
check_equal "goes with prune" 0 "$(cbuild images -q --filter dangling=true | wc -l)"
check_store "all images are whole"

# Where the store is when nobody says so, also for what works inside the user namespace.
if [[ $mode == user ]]; then
  unset CBUILD_ROOT
  need_base busybox
  check "builds in the store at home" cbuild -q -t home - <<<"FROM busybox
RUN echo x > /x"
  check "prune" cbuild prune
  check "rmi" cbuild rmi home
  check "prune --all" cbuild prune --all --force
  check_equal "that is where it is" store.db "$(cd "$HOME/.local/share/cbuild" && ls store.db)"
fi
finish
