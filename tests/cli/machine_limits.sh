#!/usr/bin/env bash
# Limits of this machine, and a disk that cannot be read: each ends with code 4 and says what is lacking; nothing is
# taken for absent or damaged that is only out of reach.
source "$(dirname "$0")/lib.sh"
need_base busybox
mkdir -p "$T/context"
head -c 2M /dev/urandom >"$T/context/file"
printf 'FROM busybox\nCOPY file /\n' >"$T/context/Dockerfile"
cbuild -q -t app "$T/context" >/dev/null

# limited LIMIT COMMAND…: with a limit of ulimit's, which does not hold for the files of this test. cbuild raises its own
# soft limit of descriptors.
limited() {
  local limit=$1 kind=-S
  shift
  [[ $limit != -n* ]] || kind=
  bash -c "ulimit $kind $limit; exec \"\$@\"" limited "$@" 2>&1 | cat >&2
}

# --- files that may not grow
for kib in 0 1 100 700; do
  check_status "at most $kib KiB a file: save" 4 limited "-f $kib" "$CBUILD" -q save -o "$T/out.tar" app
  check_contains "names the reason" "$err" "$([[ $kib == 700 ]] && echo out.tar): File too large"
  check_contains "and what to do" "$err" "ulimit -f"
  check_status "at most $kib KiB a file: import" 4 limited "-f $kib" "$CBUILD" -q import "$CBUILD_BASES/busybox.tar" other
  check_contains "says the reason" "$err" "File too large"
done
check_equal "no file is left" "" "$(find "$T" -maxdepth 1 -name 'out.tar*')"
run cbuild -q -t never - <<<"FROM busybox
RUN ulimit -f 1; head -c 100000 /dev/zero > /file"
check_contains "in RUN it is a signal, as ever" "$err" SIGXFSZ

# --- few descriptors, processes, threads
bad() { grep -E 'bug in cbuild|no subordinate ids|damaged|is not installed|Aborted|core dumped' "$T/.errors"; }
for files in 5 6 7 8 9 10 12 14 16 20 24 32; do
  for command in "images" "save -o $T/out.tar app" "-t never --no-cache $T/context" "import $T/context other"; do
    # shellcheck disable=SC2086
    run limited "-n $files" "$CBUILD" $command
    [[ $status == 0 || $status == 4 || $status == 127 ]] || echo "$files files: $command: $status"
    [[ $status != 4 || $err == *"Too many open files"* || $err == *"file descriptors"* ]] || echo "$err"
    cat "$T/.err" >>"$T/.errors"
  done
done >"$T/.wrong"
check_equal "few descriptors: code 4, and why" "" "$(cat "$T/.wrong")"
check_equal "few descriptors: nothing else is blamed" "" "$(bad)"
check_contains "few descriptors: what to do" "$(cat "$T/.errors")" "ulimit -n"
: >"$T/.errors"
if [[ $mode == user ]]; then
  sleep 60 & sleep 60 & sleep 60 &
  for processes in 4 5 6 7 8 9 10 12 14; do
    for command in "save -o $T/out.tar app" "-t never --no-cache $T/context" "import $T/context other"; do
      # bash itself would fork otherwise
      # shellcheck disable=SC2086
      run prlimit --nproc=$processes "$CBUILD" $command
      [[ $status == 0 || $status == 4 ]] || echo "$processes processes: $command: $status"
      [[ $status != 4 || $err == *"ulimit -u"* ]] || echo "$err"
      cat "$T/.err" >>"$T/.errors"
    done
  done >"$T/.wrong"
  check_equal "few processes: code 4, and what to do" "" "$(cat "$T/.wrong")"
  check_equal "few processes: no bug" "" "$(bad)"
  kill %1 %2 %3
fi

# --- a disk that cannot be read, and one that was
if command -v strace >/dev/null; then
  check_status "the database cannot be read" 4 strace -f -o /dev/null -P "$CBUILD_ROOT/store.db" \
    -e inject=pread64:error=EIO "$CBUILD" images
  check_contains "says so" "$err" "store.db: Input/output error"
  check_lacks "which is no damage" "$err" "damaged"
fi
cp "$CBUILD_ROOT/store.db" "$T/whole.db"
cp -r "$CBUILD_ROOT" "$T/broken"
head -c 40000 /dev/urandom >"$T/broken/store.db"
rm -f "$T/broken"/store.db-*
check_status "a database that is none" 4 cbuild --root "$T/broken" images
check_contains "is damage" "$err" "the store is damaged"
check_store "the store is sound"
finish
