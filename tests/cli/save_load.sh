#!/usr/bin/env bash
# save and load: docker archives and OCI layouts, there and back.
source "$(dirname "$0")/lib.sh"
need_base busybox
dockerfile <<'END'
FROM busybox
RUN echo data > /data && ln /data /hard && chown 3:4 /data
LABEL a=b
END
check "builds" cbuild -q -t app:1 "$T/context"
cbuild tag app:1 app:also
id=$(image_id app:1)
listing=$(files_of app:1)
cd "$T" || exit
check "save as docker archive" cbuild save -o app.docker.tar app:1
check "save as OCI archive" cbuild save --format oci-archive -o app.oci.tar app:1
check "save as OCI directory" cbuild save --format oci-dir -o layout app:1
check "save several" cbuild save -o many.tar app:1 busybox
check "save to stdout" bash -c '"$CBUILD" save app:1 >piped.tar'
check_equal "the same bytes" "$(sha256sum <app.docker.tar)" "$(sha256sum <piped.tar)"
check_status "save of nothing" 2 cbuild save -o none.tar no-such
check_equal "leaves no file" "" "$(ls none.tar* 2>/dev/null)"

for file in app.docker.tar app.oci.tar layout piped.tar; do
  empty_store
  check "load $file" cbuild load -i "$file"
  check_equal "load $file: the same image" "$id" "$(image_id app:1)"
  check_equal "load $file: the same files" "$listing" "$(files_of app:1)"
done
empty_store
check "load from stdin" bash -c '"$CBUILD" load <app.docker.tar'
check "load several" cbuild load -i many.tar
check_equal "all names are there" "$id" "$(image_id app:1)$(image_id busybox >/dev/null || echo missing)"

# A name that another image has goes to the loaded one, and load says so in docker's words.
dockerfile "$T/newer" <<<"FROM busybox
LABEL newer=1"
cbuild -q -t app:1 "$T/newer" >/dev/null
newer=$(image_id app:1)
moved="The image app:1 already exists, renaming the old one with ID $newer to empty string"
for file in app.docker.tar app.oci.tar layout; do
  cbuild tag "$newer" app:1
  run cbuild load -i "$file"
  check_equal "load $file: says which image lost its name" "$moved"$'\n'"Loaded image: app:1" "$out"
  check_equal "load $file: which is still there" "$newer" "$(image_id "$newer")"
done
run cbuild load -i app.docker.tar
check_equal "says nothing when nothing moves" "Loaded image: app:1" "$out"
run cbuild load -q -i app.docker.tar
check_equal "-q prints the name, as docker's" "Loaded image: app:1" "$out"
head -c 20000 app.docker.tar >cut.tar
empty_store
run cbuild load -i cut.tar
check_differ "a cut archive is refused" 0 "$status"
check_equal "and leaves no image" "" "$(cbuild images -q)"
cp -r layout damaged
blob=$(find damaged/blobs -type f -size -4 | head -n 1)
printf 'x' >>"$blob"
run cbuild load -i damaged
check_differ "a damaged blob is refused" 0 "$status"
check_status "a file that is no archive is a wrong argument" 2 cbuild load -i /etc/passwd
check_contains "and named" "$err" /etc/passwd
check_status "so is one that is not there" 2 cbuild load -i no.tar
check_contains "which is said" "$err" "open no.tar: No such file or directory"
check_status "nothing on standard input" 2 cbuild load </dev/null
check_contains "is named" "$err" "standard input is empty"
: >empty.tar
check_status "an empty file" 2 cbuild load -i empty.tar
check_contains "too" "$err" "empty.tar is empty"
tar cf other.tar app.docker.tar
check_status "an archive of something else" 2 cbuild load -i other.tar
check_equal "is called by its name" "cbuild: other.tar is neither a docker archive nor an OCI layout" "$(tail -n 1 <<<"$err")"
mkdir other
cp other.tar other
check_status "so is such a directory" 2 cbuild load -i other
check_contains "with its name" "$err" "other is neither"

# A reader that went away, and one that is slow on a pipe that must not keep its writer waiting.
cbuild load -q -i app.docker.tar >/dev/null
check_equal "save to a reader that goes away ends as by SIGPIPE" 141 \
  "$(bash -c '"$CBUILD" save -q app:1 2>"$TMPDIR/gone" | head -c 100 >/dev/null; echo ${PIPESTATUS[0]}')"
check_lacks "without a message" "$(cat "$T/gone")" "cbuild:"
cat >slow.py <<'PY'
import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
save = subprocess.Popen(sys.argv[1:], stdout=writer, stderr=subprocess.DEVNULL)
os.close(writer)
time.sleep(0.5)
with os.fdopen(reader, "rb") as pipe, open("slow.tar", "wb") as out:
    out.write(pipe.read())
sys.exit(save.wait())
PY
check "save into a pipe with O_NONBLOCK" python3 slow.py "$CBUILD" save app:1
check "is whole" cmp slow.tar app.docker.tar
finish
