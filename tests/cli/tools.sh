#!/usr/bin/env bash
# apt-get, useradd, su, install, tar, git and a compiler in RUN, in every way that steps are isolated here: the image is the
# same. pip and npm are in in_container.sh.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
need_base python
export SOURCE_DATE_EPOCH=1700000000

packages='gcc libc6-dev git'
dockerfile <<END
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends --download-only $packages
END
check "the packages are fetched" cbuild build -q -o "type=tar,dest=$T/fetched.tar" "$T/context"

dockerfile <<END
FROM fetched
RUN apt-get install -y --no-install-recommends --no-download $packages >/dev/null && \\
  rm -rf /var/log/* /var/cache/ldconfig/* /var/cache/apt/*
RUN groupadd -g 55 extra && useradd --create-home --uid 1234 --groups extra app && chage -d 19000 app && \\
  su app -c 'id && touch ~/mine && chgrp extra ~/mine' >/id && \\
  install -d -o app -g extra -m 2750 /srv/data && install -o 1 -g 2 -m 4711 /bin/true /srv/data/tool && \\
  tar -C / -cf /all.tar srv home/app && mkdir /copy && tar -C /copy -xpf /all.tar && rm /all.tar
RUN stat -c '%U:%G %u:%g %a %n' /copy/srv/data /copy/srv/data/tool /copy/home/app/mine /srv/data /home/app/mine >/owners
USER app
WORKDIR /home/app
ENV GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
RUN git init -q work && cd work && printf 'int main(void) { return 7; }\n' >main.c && git add . && \\
  git -c user.name=a -c user.email=a@b commit -qm one && git clone -q . ../clone && \\
  gcc -o ~/program ../clone/main.c && { ~/program; echo \$?; } >~/code && git log --format=%H >~/commit && \\
  cd .. && rm -rf work clone
END

# build_by WAY: the image ID in $out.
build_by() {
  isolated_by "$1" "$CBUILD" --root "$T/store-$1" import "$T/fetched.tar" fetched >/dev/null 2>&1
  run isolated_by "$1" "$CBUILD" --root "$T/store-$1" build -q "$T/context"
  [[ $status == 0 ]] || _show_run
}
build_by all-ids
expected=$out
check_contains "with all ids it is built" "$expected" sha256:
image_of() { "$CBUILD" --root "$T/store-all-ids" build -q -o type=tar,dest=- "$T/context" | tar -xO "$@"; }
check_equal "owners are what was asked for" "app:extra 1234:55 2750 /copy/srv/data
daemon:bin 1:2 4711 /copy/srv/data/tool
app:extra 1234:55 644 /copy/home/app/mine
app:extra 1234:55 2750 /srv/data
app:extra 1234:55 644 /home/app/mine" "$(image_of owners)"
check_equal "su has the groups" "uid=1234(app) gid=1234(app) groups=1234(app),55(extra)" "$(image_of id)"
check_equal "the compiled program runs" 7 "$(image_of home/app/code)"
ways=(one-id)
[[ $mode != root ]] || ways+=(chroot)
for way in "${ways[@]}"; do
  build_by "$way"
  check_equal "$way: the image is the same" "$expected" "$out"
done
finish
