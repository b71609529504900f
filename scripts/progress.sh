# Shows that a long command is at work. Sourced by the scripts beside it.
# shellcheck shell=bash

progress_pid=''

# start_progress LOG: shows the last line of LOG from now on: on a terminal in one line that is rewritten each second,
# elsewhere in a new line every 15 seconds. It ends with stop_progress, with this script, or with LOG.
start_progress() {
  _show_progress "$1" &
  progress_pid=$!
}

# Ends it, if it was started.
stop_progress() {
  [[ -n $progress_pid ]] || return 0
  kill "$progress_pid" 2>/dev/null || true
  wait "$progress_pid" 2>/dev/null || true
  progress_pid=''
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
}

# with_progress LOG COMMAND…: runs the command with its output in LOG, and shows the progress. Returns its exit code.
with_progress() {
  local log=$1 code=0
  shift
  : >"$log"
  start_progress "$log"
  "$@" >"$log" 2>&1 || code=$?
  stop_progress
  return "$code"
}

# say_above TEXT: a line that stays, above the one that is rewritten.
say_above() {
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
  printf '%s\n' "$*"
}

# show_log LOG: what a failed command said, to standard error, without ninja's status lines.
show_log() { grep -vE '^\[[0-9]+/[0-9]+\] ' "$1" >&2 || true; }

_show_progress() {
  local log=$1 started=$SECONDS shown=0 elapsed line width
  # The sleep that is left behind must not keep a pipe open.
  while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null && line=$(tail -n 1 "$log" 2>/dev/null); do
    elapsed=$((SECONDS - started))
    # What has been printed of a line may end in the middle of a character or hold escape sequences.
    line=$(tr -cd '[:print:]' <<<"$line")
    if [[ -t 1 ]]; then
      width=$(stty size <&1 2>/dev/null | cut -d ' ' -f 2)
      line="  $elapsed s  $line"
      printf '\r\e[K%s' "${line:0:$((${width:-80} > 1 ? ${width:-80} - 1 : 79))}"
    elif ((elapsed - shown >= 15)); then
      shown=$elapsed
      printf '  %s s  %s\n' "$elapsed" "$line"
    fi
  done
}
