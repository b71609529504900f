#!/usr/bin/env bash
# What was understood: debug ast, graph, expand, ignored. None needs a store.
source "$(dirname "$0")/lib.sh"
export CBUILD_ROOT=$T/no-store

cat > "$T/Dockerfile" <<'DOCKERFILE'
FROM --platform=linux/amd64 debian AS base
RUN ["make", "all"]
COPY <<FILE /f
body
FILE
DOCKERFILE
check "ast" cbuild debug ast "$T/Dockerfile"
check_equal "one object an instruction" "FROM RUN COPY" "$(json '" ".join(d[i]["keyword"] for i in range(3))' <<<"$out")"
check_equal "flags" "--platform=linux/amd64" "$(json 'd[0]["flags"][0]' <<<"$out")"
check_equal "the exec form" "exec ['make', 'all']" "$(json 'd[1]["form"] + " " + str(d[1]["arguments"])' <<<"$out")"
check_equal "heredocs" "body" "$(json 'd[2]["heredocs"][0]["content"].strip()' <<<"$out")"
check_equal "lines" "3 5" "$(json 'str(d[2]["first_line"]) + " " + str(d[2]["last_line"])' <<<"$out")"
check_status "a wrong file" 2 cbuild debug ast - <<<"NOPE"
check_contains "is shown" "$err" "unknown instruction: NOPE"
check_status "no file" 2 cbuild debug ast "$T/nowhere"

check "graph" cbuild debug graph "$T/Dockerfile" "$T"
check_contains "as text" "$out" 'exec ["make" "all"]'
check_contains "tells of bases it does not know" "$err" "debian:latest is not in the store"
check "graph as JSON" cbuild debug graph --format json "$T/Dockerfile"
check_equal "has its vertices" "image exec copy" "$(json '" ".join(v["op"] for v in d["vertices"])' <<<"$out")"
check "graph as a drawing" cbuild debug graph --format=dot "$T/Dockerfile"
check_contains "draws edges" "$out" "v0 -> v1"
check_status "an unknown target" 2 cbuild debug graph --target bsae "$T/Dockerfile"
check_contains "is answered" "$err" "did you mean base"
check_equal "makes no store" no "$([[ -e $T/no-store ]] && echo yes || echo no)"

# shellcheck disable=SC2016
{
  check_equal "expand" "a.tar" "$(cbuild debug expand '${f%.*}' f=a.tar.gz)"
  check_equal "expand to words" "a|b c|" "$(cbuild debug expand --words 'a "b c"' | tr '\n' '|')"
  check_equal "another escape" '$f' "$(cbuild debug expand --escape '`' '`$f' f=x)"
  check_equal "brackets are text" '[x,y]' "$(cbuild debug expand '[$f]' f=x,y)"
  check_status "a wrong word" 2 cbuild debug expand '${f'
  check_contains "is explained" "$err" "missing '}'"
}

printf '# comment\n*.o\n!keep.o\nbuild\n' > "$T/ignore"
check_equal "ignored" "a.o build/x" "$(cbuild debug ignored "$T/ignore" a.o keep.o src/a.o build/x x | xargs)"
check_status "a bad pattern" 2 cbuild debug ignored - a <<<'['
check_contains "is named with its line" "$err" "line 1"
check_status "an unknown subject" 2 cbuild debug nonsense x
finish
