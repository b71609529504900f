#!/usr/bin/env bash
# The cache: what runs again and what does not.
source "$(dirname "$0")/lib.sh"
need_base busybox

mkdir -p "$T/context"
cd "$T/context" || exit
echo requirements >requirements.txt
echo code >code.txt
dockerfile <<'END'
FROM busybox
WORKDIR /app
COPY requirements.txt .
RUN cat /proc/sys/kernel/random/uuid > /first
COPY code.txt .
RUN cat /proc/sys/kernel/random/uuid > /second
END

check "first build" cbuild -q -t app:1 .
first=$(image_id app:1)
stamp() { file_of "$1" "$2"; }
check "second build" cbuild -q -t app:2 .
check_equal "nothing has changed: the same image" "$first" "$(image_id app:2)"
touch code.txt requirements.txt
cbuild -q -t app:2 . >/dev/null 2>&1
check_equal "times of files do not count" "$first" "$(image_id app:2)"

echo changed >>code.txt
check "one file changed" cbuild -q -t app:3 .
check_differ "another image" "$first" "$(image_id app:3)"
check_equal "steps before it did not run" "$(stamp app:1 /first)" "$(stamp app:3 /first)"
check_differ "steps after it did" "$(stamp app:1 /second)" "$(stamp app:3 /second)"
echo code >code.txt
check "changed back" cbuild -q -t app:4 .
check_equal "the first image again, at no cost" "$first" "$(image_id app:4)"

chmod 0755 code.txt
cbuild -q -t app:5 . >/dev/null 2>&1
check_differ "modes of files count" "$first" "$(image_id app:5)"
chmod 0644 code.txt

echo unrelated >unrelated.txt
cbuild -q -t app:6 . >/dev/null 2>&1
check_equal "files that nothing copies do not count" "$first" "$(image_id app:6)"

check "--no-cache" cbuild -q --no-cache -t app:7 .
check_differ "runs everything" "$(stamp app:1 /first)" "$(stamp app:7 /first)"

sed -i '1s/$/\nLABEL changed=yes/; s/^WORKDIR/# a comment\nWORKDIR/' Dockerfile
check "metadata and comments changed" cbuild -q -t app:8 .
check_equal "no step ran" "$(stamp app:7 /second)" "$(stamp app:8 /second)"
check_equal "the metadata are there" yes "$(cbuild inspect app:8 | json 'd[0]["Config"]["Labels"]["changed"]')"

dockerfile <<'END'
FROM busybox
ARG WHO=a
RUN cat /proc/sys/kernel/random/uuid > /before
ARG UNUSED=1
RUN echo $WHO > /who && cat /proc/sys/kernel/random/uuid > /when
END
cbuild -q -t arg:1 . >/dev/null 2>&1
check "a build argument" cbuild -q -t arg:2 --build-arg WHO=b .
check_equal "is seen by RUN" b "$(file_of arg:2 /who)"

# A step that comes to the same bytes lets later steps hit.
dockerfile <<'END'
FROM busybox
COPY input /input
RUN wc -l < /input > /lines && rm /input
RUN cat /proc/sys/kernel/random/uuid > /when
END
dockerfile "$T/cutoff" <<'END'
FROM busybox AS count
COPY input /input
RUN wc -l < /input > /lines

FROM busybox
COPY --from=count /lines /lines
RUN cat /proc/sys/kernel/random/uuid > /when
END
echo one >"$T/cutoff/input"
cbuild -q -t cut:1 "$T/cutoff" >/dev/null 2>&1
echo two >"$T/cutoff/input"
check "an input changes, what is made of it does not" cbuild -q -t cut:2 "$T/cutoff"
check_equal "what follows does not run" "$(stamp cut:1 /when)" "$(stamp cut:2 /when)"

check "prune keeps a named image's cache" cbuild prune
cbuild -q -t cut:3 "$T/cutoff" >/dev/null 2>&1
check_equal "and the build still finds it" "$(stamp cut:2 /when)" "$(stamp cut:3 /when)"


# COPY --link is done on nothing and then put upon the base: another base does not run it again.
base() { printf 'FROM busybox\nRUN echo %s >/base && ln -s /tmp /link\n' "$1" | cbuild -q -t base - >/dev/null 2>&1; }
mkdir -p tree && echo tree >tree/file
dockerfile <<'END'
FROM base
COPY --link code.txt /link/
COPY --link --chown=5:6 tree /tree/
RUN cat /link/code.txt /tree/file /base >/all
COPY --link code.txt /link/
END
base one
check "COPY --link" cbuild -q -t linked:1 .
base two
check "on another base" cbuild --progress plain -t linked:2 .
check_equal "does not run again" 2 "$(grep -A 1 'COPY --link' <<<"$err" | grep -c CACHED)"
check_equal "the steps on it see both" "code tree two" "$(file_of linked:2 /all | xargs)"
check_equal "follows no link of the base" "\
drwxr-xr-x 0/0 0 link/
-rw-r--r-- 0/0 5 link/code.txt
drwxr-xr-x 5/6 0 tree/
-rw-r--r-- 5/6 5 tree/file" "$(files_of linked:2 link link/code.txt tree tree/file | sed 's/^-rw-r--r-- 0\/0 [0-9]*/-rw-r--r-- 0\/0 5/')"
check_store "both images are whole"
linked=$(image_id linked:2)
check "prune" cbuild prune --force
check_store "they are after a prune"
check "built again" cbuild --progress plain -t linked:2 .
check_lacks "nothing of it was thrown away" "$err" DONE
check_equal "the same image" "$linked" "$(image_id linked:2)"
cbuild rmi linked:1 linked:2 base >/dev/null 2>&1
check "prune --all" cbuild prune --all --force
check "as good as new" cbuild import "$CBUILD_BASES/busybox.tar" busybox
base three
check "built from nothing" cbuild -q -t linked:3 .
finish
