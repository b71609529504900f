#!/usr/bin/env bash
# --check and --call: what is told of a Dockerfile without building it, and what a build tells at its end.
source "$(dirname "$0")/lib.sh"
mkdir -p "$T/context/src"
cd "$T/context" || exit
head -c 2000000 /dev/zero >src/data
echo '#!/bin/sh' >run.sh
echo hidden >.env
echo .env >.dockerignore

# finds RULE… <Dockerfile: --check tells exactly these rules, in this order, and ends with 1 when there are any.
finds() { tells "$(($# > 0))" "$@"; }

# advises RULE… <Dockerfile: the same with rules that BuildKit has not: --check ends with 0.
advises() { tells 0 "$@"; }

tells() {
  local name expected=$1
  shift
  dockerfile
  run cbuild --check .
  check_equal "finds $*: exit code" "$expected" "$status"
  check_equal "finds $*" "$*" "$(sed -n 's/^WARNING: \([A-Za-z]*\) - .*/\1/p' <<<"$out" | xargs)"
  for name in "$@"; do check_contains "tells of $name" "$out" "WARNING: $name - "; done
}

finds <<'END'
FROM scratch
COPY run.sh /
CMD ["/run.sh"]
END
check_equal "says that nothing was found" "Check complete, no warnings found." "$out"
check_equal "and nothing else" "" "$err"

finds FromAsCasing StageNameCasing ConsistentInstructionCasing JSONArgsRecommended <<'END'
FROM scratch as Base
copy run.sh /
CMD /run.sh
END
check_contains "counts them" "$out" "Check complete, 4 warnings have been found!"
check_contains "Docker's page" "$out" "WARNING: FromAsCasing - https://docs.docker.com/go/dockerfile/rule/from-as-casing/"
check_contains "BuildKit's words" "$out" "Command 'copy' should match the case of the command majority (uppercase)"
check_contains "the place" "$out" "Dockerfile:2"
check_contains "the lines" "$out" "2 │ copy run.sh /"
check_status "quietly" 1 cbuild -q --check .
check_equal "only the exit code tells" "" "$out$err"
check_status "--call check is the same" 1 cbuild --call=check .
check_status "as JSON" 1 cbuild --call check,format=json .
check_equal "rules and lines" "FromAsCasing 1 StageNameCasing 1 ConsistentInstructionCasing 2 JSONArgsRecommended 3" \
  "$(json '" ".join("%s %d" % (w["ruleName"], w["location"]["ranges"][0]["start"]["line"]) for w in d["warnings"])' <<<"$out")"
check_status "--format json" 1 cbuild --check --format json .
check_equal "4 again" 4 "$(json 'len(d["warnings"])' <<<"$out")"

finds CopyIgnoredFile UndefinedVar <<'END'
FROM scratch
ARG DESTINATION=/srv
COPY .env ${DESTINATOIN}/
END
check_contains "names what was likely meant" "$out" "(did you mean \$DESTINATION?)"
finds <<<$'FROM scratch\nCOPY . .\nCOPY .en* run.sh /'
printf '*\n!src\n' >.dockerignore
finds CopyIgnoredFile <<<$'FROM scratch\nCOPY . .\nCOPY src/* .\nCOPY .en* run.sh /'
printf '*\n' >.dockerignore
finds CopyIgnoredFile <<<$'FROM scratch\nCOPY . .'
echo .env >.dockerignore

advises CopiedFilesRewritten <<'END'
FROM localhost:1/nowhere
COPY . /app
RUN chown -R 1000 /app
END
check_contains "with the bytes it costs" "$out" "a second time (2.00MB)"
check_lacks "the base was not asked for" "$err" "localhost:1"

advises PackageListsInLayer CacheMountSharing <<'END'
FROM localhost:1/nowhere
RUN apt-get update
RUN --mount=type=cache,target=/var/cache/apt apt-get install -y curl
END

advises InvisibleCharacters <<<$'FROM scratch\nLABEL a="x\xe2\x80\xaey"'
check_lacks "does not show it" "$out" $'\xe2\x80\xae'
finds <<<$'FROM scratch\nLABEL a="\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88"'

# What a file may do is no question of a check, nor of what only reads it.
finds <<<$'FROM scratch\nRUN --network=host ["/x"]\nRUN --security=insecure ["/x"]\nRUN --device=vendor.com/a=b ["/x"]'
check "--call outline" cbuild --call outline .
check "--call targets" cbuild --call targets .
check "debug graph" cbuild debug graph Dockerfile
check_status "a build refuses" 2 cbuild .
check_contains "and says what to do" "$err" "--allow network.host"

# What the store knows of a base counts.
dockerfile <<<$'FROM scratch\nENV SETTING=1\nSHELL ["/bin/ash", "-c"]\nCOPY run.sh /'
check "a base" cbuild -q -t base:1 .
finds <<<$'FROM base:1\nENV A=$SETTING\nCMD x'
finds UndefinedVar <<<$'FROM base:1\nENV A=$SETTNIG'
check_contains "its variables are suggested" "$out" "(did you mean \$SETTING?)"
finds UndefinedVar <<<$'FROM localhost:1/nowhere\nENV A=$SETTING B=$JAVA_HOME'

# All stages are looked at, but with --target those that it needs.
finds JSONArgsRecommended <<'END'
FROM scratch AS other
CMD x
FROM scratch AS last
END
check "the stages of the target only" cbuild --check --target last .

# A file that cannot be built: what was found, then why.
dockerfile <<'END'
FROM scratch as base
COPPY a /
END
check_status "a wrong Dockerfile" 2 cbuild --check .
check_contains "is told why" "$err" "did you mean COPY"
check_status "in JSON too" 2 cbuild --check --format json .
check_contains "as an error" "$(json 'd["buildError"]["message"]' <<<"$out")" "COPPY"

# Silencing.
finds StageNameCasing <<'END'
# check=skip=FromAsCasing
FROM scratch as Base
# check=skip=JSONArgsRecommended
CMD x
END
check "a build argument replaces the directive" cbuild --check --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all .
finds <<<$'# check=skip=all\nFROM scratch as Base'
dockerfile <<<$'# check=whatever\nFROM scratch'
dockerfile <<<$'# check=error=true // as we agreed\nFROM scratch as base'
check_status "findings may be errors" 1 cbuild --call check,format=json .
check_equal "which rules" "lint violation found for rules: FromAsCasing" "$(json 'd["buildError"]["message"]' <<<"$out")"
check_contains "told as text too" "$err" "lint violation found for rules: FromAsCasing"
dockerfile <<<$'# check=whatever\nFROM scratch'
check_status "an unknown option" 2 cbuild --check .
check_contains "is shown" "$err" "Dockerfile:1"

# A build warns at its end, whether it succeeds or not.
dockerfile <<'END'
FROM scratch
COPY run.sh /
CMD /run.sh
END
check "a build with findings" cbuild -t linted .
check_equal "tells each once" 1 "$(grep -c 'cbuild: warning: JSONArgsRecommended: ' <<<"$err")"
check_contains "with its place" "$err" "3 │ CMD /run.sh"
check_contains "and what explains it" "$err" "'cbuild help JSONArgsRecommended'"
check "again, all cached" cbuild -t linted .
check_contains "told again" "$err" "JSONArgsRecommended"
check "quietly" cbuild -q .
check_equal "nothing is told" "" "$err"
dockerfile <<'END'
FROM localhost:1/nowhere AS unused
ENV A=$B
CMD x
FROM scratch AS last
COPY run.sh /
END
check "a build with findings in a stage that it does not need" cbuild .
check_contains "tells them" "$err" "UndefinedVar"
check_contains "all" "$err" "JSONArgsRecommended"
check "but not with --target" cbuild --target last .
check_lacks "only of what the target needs" "$err" "JSONArgsRecommended"
dockerfile <<'END'
FROM scratch
COPY run.sh /
CMD /run.sh
END
check_status "error=true fails the build" 1 cbuild -t failed --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true .
check_contains "and says why" "$err" "lint violation found for rules: JSONArgsRecommended"
check_contains "and where" "$err" "3 │ CMD /run.sh"
check_status "nothing was named" 2 cbuild inspect failed
printf '# check=error=true\nFROM scratch\nCOPY . /app\nRUN chown 0 /app\nLABEL a="\u202e"\n' |
  sed '/^RUN/d' >Dockerfile
check "our own rules fail no build" cbuild -t advised .
check_contains "but are told" "$err" "InvisibleCharacters"
check "nor a check" cbuild --check .
check "nor by the build argument" cbuild --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true .
check "in JSON there is no error" cbuild --call check,format=json .
check_equal "but a warning" "InvisibleCharacters None" "$(json 'd["warnings"][0]["ruleName"] + " %s" % d.get("buildError")' <<<"$out")"
dockerfile <<<$'FROM scratch\nCOPY run.sh /\nCMD /run.sh'
check "error=true without findings" cbuild --build-arg "BUILDKIT_DOCKERFILE_CHECK=error=true;skip=JSONArgsRecommended" .
dockerfile <<'END'
FROM scratch
COPY run.sh /
RUN ["/nothing"]
CMD /run.sh
END
check_status "a build that fails" 1 cbuild .
check_contains "tells what was found, too" "$err" "JSONArgsRecommended"

# What a target takes.
dockerfile <<'END'
# VERSION which release to build
ARG VERSION=1
# base what all share
FROM scratch AS base
FROM base AS unused
ARG NOT_TAKEN
# app the application
FROM base AS app
ARG VERSION
# FLAVOUR how it tastes
ARG FLAVOUR=plain$VERSION
RUN --mount=type=secret,id=token,required --mount=type=ssh --mount=type=cache,id=go,target=/go true
END
check "--call outline" cbuild --call outline .
check_equal "arguments, secrets, agents and caches" "TARGET: app DESCRIPTION: the application \
BUILD ARG VALUE DESCRIPTION VERSION 1 which release to build FLAVOUR plain1 how it tastes \
SECRET REQUIRED token true SSH REQUIRED default CACHE ID go" "$(xargs <<<"$out")"
check "in JSON" cbuild --call=outline,format=json --build-arg VERSION=2 .
check_equal "with values of the command line" '{"VERSION": "2", "FLAVOUR": "plain2"}' \
  "$(json '{a["name"]: a["value"] for a in d["args"]}' <<<"$out")"
check_equal "and secrets" '[["token", true]]' "$(json '[[s["name"], s["required"]] for s in d["secrets"]]' <<<"$out")"
check "of another target" cbuild --call outline --target unused .
check_contains "its own" "$out" NOT_TAKEN
check_lacks "not those of others" "$out" FLAVOUR
check_status "of none" 2 cbuild --call outline --target ap .
check_contains "with advice" "$err" "did you mean app"

check "--call targets" cbuild --call=targets .
check_equal "stages, with descriptions" "TARGET DESCRIPTION base what all share unused app (default) the application" "$(xargs <<<"$out")"
check "in JSON" cbuild --call targets --format json .
check_equal "names and bases" '[["base", "scratch"], ["unused", "base"], ["app", "base"]]' \
  "$(json '[[t["name"], t["base"]] for t in d["targets"]]' <<<"$out")"
check_equal "the default" '["app"]' "$(json '[t["name"] for t in d["targets"] if t.get("default")]' <<<"$out")"

check_status "an unknown method" 2 cbuild --call frobnicate .
check_status "an unknown option of a method" 2 cbuild --call check,x=y .
check_status "--check with another method" 2 cbuild --check --call targets .
check_status "--format without a method" 2 cbuild --format json .
check "from standard input" cbuild --check - <<<"FROM scratch"
check "without a store" env -u HOME -u CBUILD_ROOT -u XDG_DATA_HOME "$CBUILD" --check - <<<"FROM localhost:1/nowhere"
check "cbuild help RULE" cbuild help UndefinedVar
if grep -q '^# UndefinedVar' <<<"$out"; then
  ok "shows the page of an installed cbuild"
else
  check_contains "names the page" "$out" "docs/checks/UndefinedVar.md"
fi
check_contains "and how to silence it" "$out" "# check=skip=UndefinedVar"
finish
