#!/usr/bin/env bash
# Config, manifest and history as others know them, and what a build tells about its result.
source "$(dirname "$0")/lib.sh"
need_base busybox
history_of() { cbuild inspect --config "$1" | json "[h['created_by'] + (' (empty)' if h.get('empty_layer') else '') for h in d['history'] if h.get('comment') == 'buildkit.dockerfile.v0']" | python3 -c 'import json, sys; print("\n".join(json.load(sys.stdin)))'; }
config_of() { cbuild inspect --config "$1" | json "$2"; }

dockerfile <<'END'
FROM busybox
ARG A=1
ARG B="two words"
ENV E=$A F="x y"
LABEL org.name=$E
WORKDIR /
WORKDIR /w
RUN --mount=type=tmpfs,target=/t echo hi > /h
RUN ["touch", "/t2"]
COPY --chown=1:2 --chmod=600 a /y
EXPOSE 81 80/udp
VOLUME /v2 /v1
USER 1:1
STOPSIGNAL SIGINT
SHELL ["/bin/sh", "-ec"]
CMD echo "done"
ENTRYPOINT ["/bin/echo", "a b"]
HEALTHCHECK --interval=30s --retries=2 CMD true
ONBUILD LABEL triggered=1
MAINTAINER someone
END
echo a >"$T/context/a"
check "builds" cbuild -t app --label cli=1 --label org.name=other "$T/context"
check_equal "the history" 'ARG A=1 (empty)
ARG B=two words (empty)
ENV E=1 F=x y (empty)
LABEL org.name=1 (empty)
WORKDIR / (empty)
WORKDIR /w
RUN |2 A=1 B=two words /bin/sh -c echo hi > /h # buildkit
RUN |2 A=1 B=two words touch /t2 # buildkit
COPY --chown=1:2 --chmod=600 a /y # buildkit
EXPOSE [80/udp 81/tcp] (empty)
VOLUME [/v2 /v1] (empty)
USER 1:1 (empty)
STOPSIGNAL SIGINT (empty)
SHELL [/bin/sh -ec] (empty)
CMD ["/bin/sh" "-ec" "echo \"done\""] (empty)
ENTRYPOINT ["/bin/echo" "a b"] (empty)
HEALTHCHECK {Test:[CMD-SHELL true] Interval:30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2} (empty)
MAINTAINER someone (empty)' "$(history_of app)"
check_equal "one layer for each entry that is not empty" 0 \
  "$(config_of app 'len(d["rootfs"]["diff_ids"]) - sum(not h.get("empty_layer") for h in d["history"])')"
check_equal "members of the document" 'architecture author config created history os rootfs' "$(config_of app '" ".join(d)')"
check_equal "labels of the command line win" '{"cli": "1", "org.name": "other"}' "$(config_of app 'd["config"]["Labels"]')"
check_equal "CMD of the same stage outlives ENTRYPOINT" '["/bin/sh", "-ec", "echo \"done\""]' "$(config_of app 'd["config"]["Cmd"]')"
check_equal "HEALTHCHECK" '{"Interval": 30000000000, "Retries": 2, "Test": ["CMD-SHELL", "true"]}' "$(config_of app 'd["config"]["Healthcheck"]')"
check_equal "the rest" '["/v1", "/v2"] ["80/udp", "81/tcp"] 1:1 SIGINT /w' \
  "$(config_of app 'json.dumps(list(d["config"]["Volumes"])) + " " + json.dumps(list(d["config"]["ExposedPorts"])) + " " + " ".join(d["config"][k] for k in ("User", "StopSignal", "WorkingDir"))')"
printf 'FROM app\nENTRYPOINT ["/x"]\n' | dockerfile "$T/child"
check "a child" cbuild -t child "$T/child"
check_equal "ENTRYPOINT drops the base's CMD" None "$(config_of child 'd["config"].get("Cmd")' | sed 's/null/None/')"
check_equal "triggers of the base run" 1 "$(config_of child 'd["config"]["Labels"]["triggered"]')"
check_equal "and go; its author stays" '["someone", null]' "$(config_of child '[d.get("author"), d["config"].get("OnBuild")]')"

# --- times
first=$(image_id app)
sleep 1.1
check "builds again" cbuild -t app --label cli=1 --label org.name=other "$T/context"
check_equal "the time is that of the steps, so the ID stays" "$first" "$(image_id app)"
printf 'FROM scratch\nLABEL only=metadata\n' | dockerfile "$T/empty"
printf 'FROM busybox\nLABEL only=metadata\n' | dockerfile "$T/label"
for kind in empty label; do
  check "an image without layers of its own ($kind)" cbuild -t $kind "$T/$kind"
  first=$(image_id $kind)
  sleep 1.1
  check "again" cbuild -t $kind "$T/$kind"
  check_equal "keeps its ID" "$first" "$(image_id $kind)"
done
check_equal "no layer is an empty list" '[]' "$(cbuild inspect --manifest empty | json 'd["layers"]')"
epoch=2001-09-09T01:46:40Z
printf 'ARG SOURCE_DATE_EPOCH=1000000000\nFROM busybox\nWORKDIR /made\nRUN echo "[$SOURCE_DATE_EPOCH]" > /seen\n' | dockerfile "$T/epoch"
check "an epoch in the Dockerfile" cbuild -t epoch "$T/epoch"
check_equal "is the time of the image" $epoch "$(config_of epoch 'd["created"]')"
check_equal "and of its steps" $epoch "$(config_of epoch 'd["history"][-1]["created"]')"
check_equal "but not of the base's" "$(config_of busybox 'd["history"][0]["created"]')" "$(config_of epoch 'd["history"][0]["created"]')"
check_equal "RUN does not see it" '[]' "$(file_of epoch /seen)"
check "another one" env SOURCE_DATE_EPOCH=1100000000 "$CBUILD" --progress plain -t epoch "$T/epoch"
check_lacks "runs no step again" "$err" "DONE"
check_equal "and is the new time" 2004-11-09T11:33:20Z "$(config_of epoch 'd["created"]')"
check "--build-arg comes before the environment" env SOURCE_DATE_EPOCH=1100000000 "$CBUILD" -t epoch --build-arg SOURCE_DATE_EPOCH=1000000000 "$T/epoch"
check_equal "that time" $epoch "$(config_of epoch 'd["created"]')"
printf 'FROM busybox\nARG SOURCE_DATE_EPOCH\nRUN echo "[$SOURCE_DATE_EPOCH]" > /seen\n' | dockerfile "$T/epoch"
check "declared" env SOURCE_DATE_EPOCH=1100000000 "$CBUILD" -t epoch "$T/epoch"
check_equal "RUN sees it" '[1100000000]' "$(file_of epoch /seen)"
check_status "a time that is none" 2 cbuild --build-arg SOURCE_DATE_EPOCH=yesterday "$T/epoch"

# --- what is told about the result
check "all files" cbuild -t app -t app:2 --iidfile "$T/iid" --metadata-file "$T/meta" "$T/context"
check_equal "the ID without newline" "$(image_id app)" "$(cat "$T/iid")"
check_equal "71 bytes" 71 "$(stat -c %s "$T/iid")"
check_equal "config digest" "$(image_id app)" "$(json 'd["containerimage.config.digest"]' <"$T/meta")"
check_equal "digest" "sha256:$(cbuild inspect --manifest app | sha256sum | cut -d ' ' -f 1)" "$(json 'd["containerimage.digest"]' <"$T/meta")"
check_equal "descriptor" "$(cbuild inspect --manifest app | wc -c) application/vnd.oci.image.manifest.v1+json" \
  "$(json 'str(d["containerimage.descriptor"]["size"]) + " " + d["containerimage.descriptor"]["mediaType"]' <"$T/meta")"
check_equal "names" docker.io/library/app:latest,docker.io/library/app:2 "$(json 'd["image.name"]' <"$T/meta")"
printf 'FROM busybox\nRUN false\n' | dockerfile "$T/fails"
check_status "a build that fails" 1 cbuild --metadata-file "$T/meta" --iidfile "$T/iid" "$T/fails"
check "leaves no old files" test ! -e "$T/meta" -a ! -e "$T/iid"
check_equal "-q prints the ID alone" "$(image_id app)" "$(cbuild -q "$T/context" -t app 2>&1)"

check "--progress rawjson" cbuild --progress rawjson --no-cache -t raw "$T/context"
check_equal "is a JSON object a line" 0 "$(python3 -c '
import json, sys
vertices, logs, ended = set(), [], set()
for line in sys.stdin:
    for kind, items in json.loads(line).items():
        for item in items:
            if kind == "vertexes":
                vertices.add(item["digest"]); "completed" in item and ended.add(item["digest"])
print(0 if vertices and vertices == ended else 1)' <<<"$err")"

printf 'FROM busybox AS one\nRUN cat /proc/sys/kernel/random/uuid > /one\nFROM busybox AS two\nCOPY --from=one /one /one\nRUN cat /proc/sys/kernel/random/uuid > /two\n' | dockerfile "$T/stages"
check "two stages" cbuild -t stages "$T/stages"
one=$(file_of stages /one) two=$(file_of stages /two)
check "--no-cache-filter" cbuild -t stages --no-cache-filter two "$T/stages"
check_equal "leaves the other stage alone" "$one" "$(file_of stages /one)"
check_differ "and runs its own again" "$two" "$(file_of stages /two)"
check "flags without effect" cbuild --builder x -D --compress --rm --force-rm --cgroup-parent x --security-opt x "$T/empty"
for flag in --builder --debug --compress --rm --force-rm --cgroup-parent --security-opt; do
  check_contains "are named: $flag" "$err" "$flag"
done
for flag in --squash --isolation=hyperv --cache-to=type=inline --sbom=true --attest=type=sbom; do
  check_status "what is not done is refused: $flag" 2 cbuild $flag "$T/empty"
done
check_equal "inspect says the same twice" "$(cbuild inspect app)" "$(cbuild inspect app)"
finish
