#!/usr/bin/env bash
# RUN --mount=type=ssh and --ssh: a step may use keys of the caller's agent, or of key files.
source "$(dirname "$0")/lib.sh"
for program in ssh-agent ssh-add ssh-keygen; do
  command -v $program >/dev/null || skip_all "no $program"
done
need_base busybox

ssh-keygen -q -t ed25519 -N '' -C one -f "$T/one"
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C two -f "$T/two"
ssh-keygen -q -t ed25519 -N 'a passphrase' -C locked -f "$T/locked"
fingerprint() { ssh-keygen -lf "$1.pub" | cut -d ' ' -f 2; }

# ssh-add with its libraries, for an image that has none.
mkdir -p "$T/context/tools"
mapfile -t libraries < <(ldd "$(command -v ssh-add)" | grep -oE '/[^ ]+')
cp --parents -L "$(command -v ssh-add)" "${libraries[@]}" "$T/context/tools"
cp "$T/one.pub" "$T/context/one.pub"

in_background ssh-agent -D -a "$T/agent" >/dev/null
wait_until 5 test -S "$T/agent"
export SSH_AUTH_SOCK=$T/agent
ssh-add -q "$T/one"

dockerfile <<'END'
FROM busybox
COPY tools /
COPY one.pub /
WORKDIR /w
RUN --mount=type=ssh ssh-add -l > /listed && echo "$SSH_AUTH_SOCK" > /where && \
    stat -c '%a %u %g' "$SSH_AUTH_SOCK" > /default-look
RUN --mount=type=ssh ssh-add -T /one.pub
RUN --mount=type=ssh,target=deep/agent,mode=0666,uid=3,gid=4 stat -c '%a %u %g' /w/deep/agent > /look && \
    test "$SSH_AUTH_SOCK" = /w/deep/agent
RUN --mount=type=ssh ! ssh-add -D 2>/dev/null && ! ssh-add -x </dev/null 2>/dev/null && ssh-add -l
RUN --network=none --mount=type=ssh ssh-add -l
RUN test "${SSH_AUTH_SOCK-unset}" = unset && test ! -e /run/buildkit
RUN --mount=type=ssh,id=absent test "$SSH_AUTH_SOCK" = /run/buildkit/ssh_agent.0 && test ! -e "$SSH_AUTH_SOCK"
RUN --mount=type=ssh for i in $(seq 80); do ssh-add -l > /dev/null || exit 1; done
USER 1000
RUN --mount=type=ssh,uid=1000 ssh-add -l
RUN --mount=type=ssh ! ssh-add -l 2>/dev/null
END
check "the caller's agent" cbuild build -t app --ssh default "$T/context"
check_contains "its key is listed" "$(file_of app /listed)" "$(fingerprint "$T/one")"
check_equal "at the usual place" /run/buildkit/ssh_agent.0 "$(file_of app /where)"
check_equal "mode 0600 of root" "600 0 0" "$(file_of app /default-look)"
check_equal "mode, uid, gid as written" "666 3 4" "$(file_of app /look)"
check_equal "leaves nothing in the image" "" "$(files_of app | grep -E ' (run/buildkit|w/deep)' || true)"
check_contains "and the agent as it was" "$(ssh-add -l)" "$(fingerprint "$T/one")"

dockerfile <<'END'
FROM busybox
COPY tools /
RUN --mount=type=ssh,id=work,required ssh-add -l > /listed
END
check "a socket by its path" cbuild build -q -t app --ssh "work=$T/agent" "$T/context"
check_contains "its key is listed" "$(file_of app /listed)" "$(fingerprint "$T/one")"
unset SSH_AUTH_SOCK
check "key files" cbuild build -q --no-cache -t app --ssh "work=$T/one,$T/two" "$T/context"
check_contains "the first is listed" "$(file_of app /listed)" "$(fingerprint "$T/one")"
check_contains "the second too" "$(file_of app /listed)" "$(fingerprint "$T/two")"
check "another key" cbuild build -q -t other --ssh "work=$T/two" "$T/context"
check_equal "is no reason to run the step again" "$(image_id app)" "$(image_id other)"
check_equal "no agent is left" "" "$(pgrep -u "$(id -u)" -f 'ssh-agent -a agent' || true)"
check_equal "no key is in the store" "" \
  "$(if [[ $mode == root ]]; then grep -ral 'PRIVATE KEY' "$CBUILD_ROOT"; else
    unshare --map-root-user --map-auto grep -ral 'PRIVATE KEY' "$CBUILD_ROOT"; fi | grep -v snapshots/)"

check_status "no agent" 2 cbuild build --ssh default "$T/context"
check_contains "is told" "$err" "SSH_AUTH_SOCK is not set"
check_status "not given, but required" 2 cbuild build --no-cache "$T/context"
check_contains "is told" "$err" "the ssh agent 'work' is required and was not given"
check_contains "with its line" "$err" Dockerfile:3
check_status "a missing key" 2 cbuild build --ssh "work=$T/missing" "$T/context"
check_contains "is named" "$err" "open $T/missing: No such file"
check_status "a socket and a key" 2 cbuild build --ssh "work=$T/agent,$T/one" "$T/context"
check_contains "are too much" "$err" "not both"
check_status "the same id twice" 2 cbuild build --ssh "work=$T/one" --ssh "work=$T/two" "$T/context"
check_status "a key with a passphrase" 2 cbuild build --no-cache --ssh "work=$T/locked" "$T/context" </dev/null
check_contains "is told, and what to do" "$err" "for a key with a passphrase start ssh-agent"
check_status "a file that is no key" 2 cbuild build --no-cache --ssh "work=$T/one.pub" "$T/context" </dev/null
check_contains "is told" "$err" "a key was not accepted"
finish
