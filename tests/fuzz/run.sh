#!/usr/bin/env bash
# Builds the fuzzers with clang, ASan and UBSan, and runs each for a while from its seeds. Ends with 1 when one finds
# something; what it found is then in BUILD_DIR/found.
#
#   tests/fuzz/run.sh [SECONDS]       per fuzzer, 15 when left out
#
# Builds in ./build-fuzz ($BUILD_DIR). Without clang nothing is done: the exit code is 77.
set -euo pipefail
seconds=${1:-15}
cd "$(dirname "$0")/../.."
build=${BUILD_DIR:-$PWD/build-fuzz}
command -v clang++ >/dev/null || {
  echo "run.sh: no clang++ here (scripts/setup-debian.sh --tests installs it)" >&2
  exit 77
}

launcher=
! command -v ccache >/dev/null || launcher="ccache "
[[ -e $build/build.ninja ]] || CC="${launcher}clang" CXX="${launcher}clang++" meson setup "$build" -Dfuzz=true \
  -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized >/dev/null
names=(dns dockerfile expand ignore reference)
ninja -C "$build" --quiet "${names[@]/#/tests/fuzz/fuzz_}"

mkdir -p "$build/found"
status=0
for name in "${names[@]}"; do
  corpus=$build/corpus/$name
  mkdir -p "$corpus"
  seeds=tests/fuzz/corpus/$name
  if [[ $name == dockerfile ]]; then
    seeds=$build/seeds
    mkdir -p "$seeds"
    for file in testdata/dockerfile/*/*/Dockerfile; do
      cp "$file" "$seeds/$(basename "$(dirname "$file")")"
    done
  fi
  # A hang is one second in an ordinary build; the sanitizers take several times as long.
  if UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" \
    -max_len=65536 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$build/found/$name-" -verbosity=0 \
    -print_final_stats=1 "$corpus" "$seeds" >"$build/fuzz_$name.log" 2>&1; then
    echo "ok - fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz_$name.log") inputs"
  else
    echo "not ok - fuzz $name"
    tail -n 40 "$build/fuzz_$name.log" | sed 's/^/#   /'
    status=1
  fi
done
exit "$status"
