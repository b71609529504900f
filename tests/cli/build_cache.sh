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

finish
