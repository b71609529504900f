#!/usr/bin/env bash
# RUN --mount=type=bind, cache and tmpfs: what a step sees there, what stays, and what must not.
source "$(dirname "$0")/lib.sh"
need_base busybox
context=$T/context

# --- bind

mkdir -p "$context/src/sub" "$context/ignored"
echo one >"$context/src/one"
echo two >"$context/src/sub/two"
echo star >"$context/src/*"
echo 'a b' >"$context/src/a,b"
chmod 0750 "$context/src"
ln -s src/sub "$context/link"
echo never >"$context/ignored/file"
echo never >"$context/src/debug.log"
printf 'ignored\n**/*.log\n' >"$context/.dockerignore"
dockerfile <<'END'
FROM busybox
ARG PART=sub
WORKDIR /w
RUN --mount=target=. find . ! -name '.dockerignore' | sort > /all
RUN --mount=type=bind,source=src,target=x find x | sort > /part && stat -c %a x > /mode
RUN --mount=src=src/$PART,dst=/x/y/z cat /x/y/z/two > /two
RUN --mount=source=link,target=/l cat /l/two > /through-link
RUN --mount=source=src/one,target=/etc/deep/file cat /etc/deep/file > /one
RUN --mount=source=src/*,target=/star cat /star > /star-content
RUN --mount=type=bind,\"source=src/a,b\",target=/c cat /c > /comma
RUN --mount=source=src,target=/s ! touch /s/new 2>/dev/null && ! (echo x > /s/one) 2>/dev/null
RUN --mount=source=src,target=/s,rw echo changed > /s/one && touch /s/new && cat /s/one > /changed
RUN --mount=source=src,target=/s cat /s/one > /unchanged && test ! -e /s/new
RUN --mount=source=src,target=/s find /s -user 0 -group 0 | wc -l > /owned
RUN --mount=source=src,target=/root/.cache/deep --mount=type=cache,target=/root/.cache ls /root/.cache/deep > /nested
END
check "binds of the context" cbuild build -t bind "$context"
check_equal "ignored files are not there" $'.\n./Dockerfile\n./link\n./src\n./src/*\n./src/a,b\n./src/one\n./src/sub\n./src/sub/two' "$(file_of bind /all)"
check_equal "a directory" $'x\nx/*\nx/a,b\nx/one\nx/sub\nx/sub/two' "$(file_of bind /part)"
check_equal "keeps its mode" 750 "$(file_of bind /mode)"
check_equal "variables, short names" two "$(file_of bind /two)"
check_equal "a link is followed" two "$(file_of bind /through-link)"
check_equal "a file" one "$(file_of bind /one)"
check_equal "a wildcard is a name" star "$(file_of bind /star-content)"
check_equal "a comma in quotes" "a b" "$(file_of bind /comma)"
check_equal "rw may be written to" changed "$(file_of bind /changed)"
check_equal "and that is thrown away" one "$(file_of bind /unchanged)"
check_equal "not in the context either" one "$(cat "$context/src/one")"
check_equal "all belongs to root" 6 "$(file_of bind /owned)"
check_equal "a mount inside a later one" $'*\na,b\none\nsub' "$(file_of bind /nested)"
check_equal "no mount point stays" "" \
  "$(files_of bind | grep -E ' (w/.|x/|x$|l/|l$|etc/deep|s/|star$|c$|root/.cache)' || true)"

rm "$context/.dockerignore"
dockerfile <<'END'
FROM busybox
RUN --mount=source=src,target=/s stat -c %i /s/one > /inode
END
check "nothing to hide" cbuild build -q -t place "$context"
if [[ $(findmnt -no OPTIONS -T "$context") =~ nosuid|noexec ]]; then
  skip "is mounted as it is, not copied" "programs may not be run from here"
else
  check_equal "is mounted as it is, not copied" "$(stat -c %i "$context/src/one")" "$(file_of place /inode)"
fi
check "the same again" cbuild build -q -t again "$context"
check_equal "hits the cache" "$(image_id place)" "$(image_id again)"
echo more >>"$context/src/one"
echo else >"$context/src/other"
check "a changed file" cbuild build --progress plain -t again "$context"
check_contains "runs the step again" "$err" "#2 DONE"
dockerfile <<'END'
FROM busybox
RUN --mount=source=scr,target=/s true
END
check_status "a missing source" 2 cbuild build "$context"
check_contains "is named, with what was meant" "$err" "scr: not in the build context (did you mean src?)"
check_contains "with its line" "$err" Dockerfile:2
ln -s nowhere "$context/dangling"
dockerfile <<'END'
FROM busybox
RUN --mount=source=dangling,target=/s true
END
check_status "a link to nothing" 2 cbuild build "$context"
check_contains "is told to be one" "$err" "dangling: links to nowhere, which is not in the build context"
dockerfile <<'END'
FROM busybox
RUN echo below > /f
RUN --mount=source=src/one,target=/f head -n 1 /f > /above
RUN --mount=from=,source=src,target=/f/../d cat /d/one
RUN --mount=source=src,target=/f true
END
check_status "a directory on a file" 1 cbuild build "$context"
check_contains "is refused" "$err" "cannot mount a directory on /f: the image has a file there"
sed -i '$d' "$context/Dockerfile"
echo 'RUN --mount=source=src/one,target=/etc true' >>"$context/Dockerfile"
check_status "a file on a directory" 1 cbuild build "$context"
check_contains "too" "$err" "cannot mount a file on /etc: the image has a directory there"
sed -i '$d' "$context/Dockerfile"
check "a file on a file" cbuild build -q -t over "$context"
check_equal "hides it" one "$(file_of over /above)"
check_equal "for a while" below "$(file_of over /f)"
dockerfile <<'END'
FROM busybox
RUN --mount=soruce=src,target=/s true
END
check_status "a misspelt option" 2 cbuild build "$context"
check_contains "is named" "$err" "unexpected key 'soruce' in 'soruce=src' (did you mean source?)"

# --- bind of another stage

stages() {
  dockerfile <<END
FROM busybox AS tools
RUN mkdir -p /tool/bin && echo tool > /tool/bin/tool && chown -R 5:6 /tool && echo $1 > /elsewhere
FROM busybox
RUN --mount=from=tools,source=/tool,target=/t stat -c '%u %g' /t/bin/tool > /owner && \\
    ! touch /t/new 2>/dev/null && head -c 16 /dev/urandom > /drawn
RUN --mount=from=tools,source=tool,target=/t,rw touch /t/new /t/bin/new && rm /t/bin/tool
RUN --mount=from=tools,source=tool,target=/t ls /t/bin > /listed
RUN --mount=from=busybox,source=/bin,target=/one-layer /one-layer/true && ! touch /one-layer/new 2>/dev/null
RUN --mount=from=busybox,target=/one-layer,rw rm /one-layer/bin/true && test -e /bin/true
END
}
stages first
check "binds of a stage" cbuild build -q -t stage "$context"
check_equal "owners are kept" "5 6" "$(file_of stage /owner)"
check_equal "what was written is gone" tool "$(file_of stage /listed)"
stages second
check "other files of the stage change" cbuild build -q -t stage2 "$context"
check_equal "what is mounted did not: a hit" "$(image_id stage)" "$(image_id stage2)"

# --- cache

dockerfile <<'END'
FROM busybox AS seed
RUN mkdir -p /seed/sub && echo seed > /seed/file && chmod 0750 /seed && chown 3:4 /seed
FROM busybox
RUN --mount=type=cache,target=/var/cache/deep/x stat -c '%a %u %g' /var/cache/deep/x > /default-look && touch /var/cache/deep/x/f
RUN --mount=type=cache,target=/c,uid=7,gid=8,mode=0711 stat -c '%a %u %g' /c > /look
RUN --mount=type=cache,target=/c,id=shared touch /c/marker
RUN --mount=type=cache,target=/other,id=shared test -e /other/marker
RUN --mount=type=cache,target=/other,id=shared,uid=1 test ! -e /other/marker
RUN --mount=type=cache,target=/other,id=shared,ro test -e /other/marker && ! touch /other/x 2>/dev/null
RUN --mount=type=cache,target=/part,id=shared,source=a/b touch /part/inside
RUN --mount=type=cache,target=/whole,id=shared test -e /whole/a/b/inside
RUN --mount=type=cache,target=/s,from=seed,source=seed test -d /s/sub && cat /s/file > /seeded && echo more > /s/file
RUN --mount=type=cache,target=/s,from=seed,source=seed cat /s/file > /kept
RUN --mount=from=seed,source=seed,target=/s cat /s/file > /origin
RUN --mount=type=cache,target=/own,id=own,from=seed,source=seed stat -c '%a %u %g' /own > /own-look
ARG KIND=cache
RUN --mount=type=$KIND,target=/other,id=shared test -e /other/marker
WORKDIR /one
RUN --mount=type=cache,target=modules touch modules/here
WORKDIR /two
RUN --mount=type=cache,target=./modules/ test -e modules/here
END
check "caches" cbuild build -t cache "$context"
check_equal "0755 of root by default" "755 0 0" "$(file_of cache /default-look)"
check_equal "mode, uid, gid as written" "711 7 8" "$(file_of cache /look)"
check_equal "one that begins with a directory has its look" "750 3 4" "$(file_of cache /own-look)"
check_equal "begins with files of a stage" seed "$(file_of cache /seeded)"
check_equal "keeps what is written there" more "$(file_of cache /kept)"
check_equal "which the stage does not see" seed "$(file_of cache /origin)"
check_equal "no mount point stays" "" "$(files_of cache | grep -E ' (var/cache/deep|c/|c$|other|part|whole|s/|s$)' || true)"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,id=failing touch /c/kept && false
END
check_status "a failing step" 1 cbuild build "$context"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,id=failing test -e /c/kept
END
check "leaves its cache" cbuild build -q --no-cache "$context"

# sharing DIRECTORY HOW: a step that notes who else is at work in the cache.
sharing() {
  dockerfile "$T/$1" <<END
FROM busybox
RUN --mount=type=cache,target=/c,id=$2,sharing=$2 echo $1 > /c/$1 && sleep 2 && ls /c > /seen && rm /c/$1
END
}
for how in shared locked private; do
  sharing "a-$how" $how
  sharing "b-$how" $how
  in_background cbuild build -q -t "a-$how" "$T/a-$how" >/dev/null
  first=$pid
  cbuild build -q -t "b-$how" "$T/b-$how" >/dev/null
  wait "$first"
  seen=$(file_of "a-$how" /seen; file_of "b-$how" /seen)
  case $how in
    shared) check_contains "shared: both at once" "$seen" $'a-shared\nb-shared' ;;
    *) check_equal "$how: one at a time" "a-$how b-$how" "$(echo $seen)" ;;
  esac
done
dockerfile "$T/holder" <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,id=held,sharing=locked sleep 60
END
# A shell starts its background jobs deaf to SIGINT; a terminal does not.
in_background env --default-signal=INT setsid "$CBUILD" build "$T/holder" >/dev/null 2>"$T/held"
holder=$pid
wait_until 20 grep -q 'sleep 60' "$T/held"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,id=held,sharing=locked echo waited
END
in_background env --default-signal=INT setsid "$CBUILD" build "$context" >/dev/null 2>&1
waiter=$pid
sleep 1
kill -INT "$waiter" "$holder"
timed wait "$waiter"
check_equal "who waits for a lock can be interrupted" 130 "$status"
check_less "at once" "$elapsed" 3000 ms
wait "$holder" 2>/dev/null

# --- tmpfs

dockerfile <<'END'
FROM busybox
RUN --mount=type=tmpfs,target=/t/deep,size=1m ! head -c 2m /dev/zero > /t/deep/file 2>/dev/null; df -k /t/deep | awk 'NR == 2 {print $2}' > /size
RUN --mount=type=tmpfs,target=/tmp touch /tmp/file
RUN --mount=type=tmpfs,target=/tmp,ro ! touch /tmp/file 2>/dev/null
RUN --mount=type=tmpfs,target=/dev/shm,size=128m df -k /dev/shm | grep -q 131072
END
check "tmpfs" cbuild build -q -t tmpfs "$context"
check_equal "of a size" 1024 "$(file_of tmpfs /size)"
check_equal "leaves nothing" "" "$(files_of tmpfs | grep -E ' (t/|t$|tmp/file)' || true)"

# --- df and prune

check_contains "df counts caches" "$(cbuild df)" "Cache mounts"
check "prune keeps caches" cbuild prune
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/c,id=shared test -e /c/marker
END
check "of which builds go on" cbuild build -q --no-cache "$context"
check "prune --all removes them" cbuild prune --all
check_status "for good" 1 cbuild build -q --no-cache "$context"
finish
