#!/usr/bin/env bash
# An owner that this user's subordinate ids do not reach: each place that gives a file to one says so. Root has them all.
source "$(dirname "$0")/lib.sh"
need_base busybox
far=1000700000
mkdir -p "$T/context/dir"
cd "$T/context" || exit
echo x >f
ln -s f link
mkfifo fifo
echo y >dir/g
tar --owner=$far --group=0 --numeric-owner -cf far.tar f dir
eval "$(ssh-agent -s)" >/dev/null
background+=("$SSH_AGENT_PID")

# far NAME TEXT: a build of these lines, which is refused with the words for it.
far() {
  local name=$1
  shift
  { echo FROM busybox && cat; } >Dockerfile
  if [[ $mode == root ]]; then
    check "$name: root has every id" cbuild build --no-cache -q "$@" .
    return
  fi
  check_status "$name is refused" 4 cbuild build --no-cache "$@" .
  check_contains "$name: the owner is named" "$err" "cannot set the owner $owner: not in the range of subordinate IDs of this user"
  check_contains "$name: and where the range is" "$err" "hint: see subuid(5): /etc/subuid and /etc/subgid"
}

owner=$far:0
far "COPY --chown" <<<"COPY --chown=$far:0 f /f"
owner=0:$far
far "a group" <<<"COPY --chown=0:$far f /f"
owner=$far:$far
far "an owner without a group" <<<"COPY --chown=$far f /f"
far "a link" <<<"COPY --chown=$far link /l/"
far "a FIFO" <<<"COPY --chown=$far fifo /f"
far "a directory" <<<"COPY --chown=$far dir /new"
far "directories on the way" <<<"COPY --chown=$far f /new/way/"
far "--parents" <<<"COPY --parents --chown=$far dir/g /new/"
far "--link" <<<"COPY --link --chown=$far f /new/"
far "ADD" <<<"ADD --chown=$far f /f"
far "ADD of an archive" <<<"ADD --chown=$far far.tar /a/"
far "a heredoc" <<END
COPY --chown=$far <<TEXT /f
text
TEXT
END
far "WORKDIR of a user" <<END
USER $far:$far
WORKDIR /home/far
END
far "a cache" --build-arg X=1 <<<"RUN --mount=type=cache,target=/c,uid=$far,gid=$far true"
far "a directory of a cache" <<<"RUN --mount=type=cache,target=/c,source=sub,uid=$far,gid=$far true"
far "a secret" --secret id=s,src=f <<<"RUN --mount=type=secret,id=s,uid=$far,gid=$far true"
far "an agent" --ssh default <<<"RUN --mount=type=ssh,uid=$far,gid=$far true"
owner=$far:0
far "the owner in an archive" <<<"ADD far.tar /a/"

if [[ $mode == user ]]; then
  check_status "import is refused" 4 cbuild import far.tar far
  check_contains "in the same words" "$err" "cannot set the owner $far:0: not in the range of subordinate IDs of this user"
  check_contains "with the same hint" "$err" "hint: see subuid(5): /etc/subuid"
fi
finish
