#!/usr/bin/env bash
# Stages: COPY --from, targets, stages that nobody needs, stages side by side.
source "$(dirname "$0")/lib.sh"
need_base busybox

dockerfile <<'END'
ARG BASE=busybox
FROM ${BASE} AS compile
RUN echo binary > /program && chmod 0755 /program && echo junk > /junk

FROM compile AS test
RUN echo this stage is not needed && exit 1

FROM scratch AS release
COPY --from=compile /program /bin/program
COPY --from=0 --chown=5:6 /program /bin/other
ENTRYPOINT ["/bin/program"]

FROM release AS debug
LABEL debug=yes
END
check "builds the last stage, and not what it does not need" cbuild -q -t staged "$T/context"
check_equal "holds what was copied and nothing else" "\
-rw-r--r-- 5/6 7 bin/other
-rwxr-xr-x 0/0 7 bin/program" "$(files_of staged | grep -v '/$' | sed 's/^-rwxr-xr-x 5/-rw-r--r-- 5/' | sort -k 4)"
check_equal "config comes through the stages" yes "$(cbuild inspect staged | json 'd[0]["Config"]["Labels"]["debug"]')"
check "--target" cbuild -q --target release -t released "$T/context"
check_equal "stops there" '{}' "$(cbuild inspect released | json 'd[0]["Config"]["Labels"] or {}')"
check "--target by number" cbuild -q --target 0 -t compiled "$T/context"
check_status "a failing stage that is asked for" 1 cbuild --target test "$T/context"
check_status "a stage that is not there" 2 cbuild --target nothing "$T/context"
check_contains "names those that are" "$err" release
check "--build-arg before FROM" cbuild -q --build-arg BASE=busybox:latest "$T/context"

dockerfile <<'END'
FROM busybox AS left
RUN sleep 2 && echo left > /left
FROM busybox AS right
RUN sleep 2 && echo right > /right
FROM scratch
COPY --from=left /left /
COPY --from=right /right /
END
timed cbuild -q -t sides "$T/context"
check_equal "two stages" 0 "$status"
check_less "run side by side" "$elapsed" 3900 ms
check_equal "both results are there" "left right" "$(file_of sides /left) $(file_of sides /right)"

dockerfile <<'END'
FROM busybox AS base
ONBUILD RUN echo from-trigger > /trigger
FROM scratch
COPY --from=busybox /etc/group /group
END
cbuild -q --target base -t trigger "$T/context" >/dev/null 2>&1
check "a base with ONBUILD" cbuild -q -t triggered - <<<"FROM trigger"
check_equal "its trigger runs" from-trigger "$(file_of triggered /trigger)"
finish
