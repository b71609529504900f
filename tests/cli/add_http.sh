#!/usr/bin/env bash
# ADD of URLs: names, modes, times, revalidation, checksums, archives, failures.
source "$(dirname "$0")/lib.sh"

mkdir -p "$T/www/sub" "$T/context"
start_file_server "$T/www"
cd "$T/www" || exit
echo hello >hello.txt && touch -d '2020-02-03 04:05:06 UTC' hello.txt
echo 'a b' >'with blank.txt'
head -c 3000000 /dev/urandom >big.bin
mkdir tree && echo packed >tree/file && tar -czf tree.tar.gz tree
requests() { wc -l <"$T/www.log"; }

dockerfile <<END
FROM scratch
ADD $www/hello.txt /dir/
ADD $www/hello.txt?version=1&x=/y /renamed
ADD $www/with%20blank.txt /dir/
ADD $www/redirect/hello.txt /redirected/
ADD $www/named/hello.txt /dir/path-wins.txt
ADD $www/plain/hello.txt /no-time
ADD --chmod=0755 --chown=5:6 $www/hello.txt /owned
ADD $www/tree.tar.gz /packed/
ADD --unpack=true $www/tree.tar.gz /unpacked/
ADD $www/hello.txt $www/big.bin /several/
END
check "builds" cbuild -q -t downloads "$T/context"
check_equal "what is where, whose, and how" "\
-rw------- 0/0 4 dir/with blank.txt
-rw------- 0/0 6 dir/hello.txt
-rw------- 0/0 6 dir/path-wins.txt
-rw------- 0/0 6 no-time
-rw------- 0/0 6 redirected/hello.txt
-rw------- 0/0 6 renamed
-rw------- 0/0 6 several/hello.txt
-rw------- 0/0 3000000 several/big.bin
-rwxr-xr-x 5/6 6 owned" "$(files_of downloads | grep -Ev '^d|packed' | LC_ALL=C sort | sort -n -s -k 3,3 | LC_ALL=C sort -s -k 1,1)"
check_contains "an archive is left as it is" "$(files_of downloads packed/tree.tar.gz)" "-rw------- 0/0"
check_equal "unless it is to be unpacked" packed "$(file_of downloads /unpacked/tree/file)"
cbuild build -q -o type=tar,dest="$T/all.tar" -f "$T/context/Dockerfile" "$T/context" 2>/dev/null
check_contains "the time is that of Last-Modified" "$(TZ=UTC tar tvf "$T/all.tar" dir/hello.txt)" "2020-02-03 04:05"
check_contains "or 1970" "$(TZ=UTC tar tvf "$T/all.tar" no-time)" "1970-01-01 00:00"

dockerfile <<END
FROM scratch
ADD $www/hello.txt /first
ADD $www/big.bin /second
END
run cbuild -q -t again "$T/context"
id=$(image_id again)
: >"$T/www.log"
check "builds again" cbuild --progress plain -t again "$T/context"
check_equal "to the same image" "$id" "$(image_id again)"
check_equal "asking once a file whether it is still the same" "\
GET /big.bin 304 -
GET /hello.txt 304 -" "$(sort "$T/www.log")"
check_contains "and runs nothing" "$err" CACHED
touch hello.txt && echo changed >hello.txt
check "builds after a change" cbuild -q -t again "$T/context"
check_equal "with the new content" changed "$(file_of again /first)"

sum=sha256:$(sha256sum <hello.txt | cut -d ' ' -f 1)
dockerfile <<END
FROM scratch
ADD --checksum=$sum $www/hello.txt /f
END
check "with the right checksum" cbuild -q "$T/context"
: >"$T/www.log"
check "again" cbuild -q "$T/context"
check_equal "asks nobody: it is known" "" "$(cat "$T/www.log")"
dockerfile <<END
FROM scratch
ADD --checksum=sha256:$(printf '0%.0s' {1..64}) $www/hello.txt /f
END
check_status "with a wrong checksum it fails" 1 cbuild --progress plain "$T/context"
check_contains "says so" "$err" "digest mismatch"
check_equal "the download is shown once" 1 "$(grep -c "^#[0-9]* ERROR" <<<"$err")"
check_contains "naming both" "$err" "$sum"
dockerfile <<END
FROM scratch
ADD --checksum=$sum Dockerfile /f
END
check_status "a file of the context has no checksum" 2 cbuild "$T/context"
check_contains "and that is said" "$err" "can only be specified for URLs and git repositories"

dockerfile <<END
FROM scratch
ADD $www/cut/big.bin /big
ADD $www/busy/hello.txt /busy
END
check "goes on after a cut and a busy server" cbuild -q -t cut "$T/context"
check_equal "with every byte" "$(sha256sum <big.bin)" "$(file_of cut /big | sha256sum)"
check_contains "from where it was cut" "$(cat "$T/www.log")" "GET /cut/big.bin 206"

dockerfile <<END
FROM scratch
ADD http://user:secret@${www#http://}/private/hello.txt /f
END
check "with a user and a password" cbuild --progress plain -t private "$T/context"
check_lacks "which nobody sees" "$err$(cbuild history --no-trunc private)" secret
check_contains "but in their place" "$(cbuild history --no-trunc private)" "xxxxx@127.0.0.1"

dockerfile <<END
FROM scratch
COPY Dockerfile /
ADD $www/missing.txt /f
END
check_status "a file that is not there" 3 cbuild "$T/context"
check_contains "is said to be so" "$err" "404 Not Found"
check_contains "with the line" "$err" "Dockerfile:3"
echo start >index
dockerfile <<END
FROM scratch
ADD $www/ /dir/
ADD $www/?x=/y.txt /as-written
ADD $www/named/hello.txt /server/
END
check "a URL without a name" cbuild -q -t unnamed "$T/context"
check_equal "has one that says so; what the server calls a file does not count" "\
-rw------- 0/0 6 dir/__unnamed__
-rw------- 0/0 6 as-written
-rw------- 0/0 8 server/hello.txt" "$(files_of unnamed dir/__unnamed__ as-written server/hello.txt)"

dockerfile <<END
FROM scratch
ADD $www/bearer/hello.txt /f
END
export TOKEN=secret HEADER='Bearer secret' WRONG=nonsense
check_status "a file for those with a token" 3 cbuild "$T/context"
check_status "of this host" 3 cbuild --secret id=HTTP_AUTH_TOKEN_other.example,env=TOKEN "$T/context"
check "is fetched with it" cbuild --progress plain -t bearer --secret id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN "$T/context"
check_equal "all of it" changed "$(file_of bearer /f)"
check_lacks "and nobody sees it" "$err" secret
touch hello.txt && echo again >hello.txt
check "or with a header" cbuild -q -t bearer --secret id=HTTP_AUTH_HEADER_127.0.0.1,env=HEADER "$T/context"
check_equal "each time" again "$(file_of bearer /f)"
check "a token wins" cbuild -q -t bearer --secret id=HTTP_AUTH_HEADER_127.0.0.1,env=WRONG \
  --secret id=HTTP_AUTH_TOKEN_127.0.0.1,env=TOKEN "$T/context"
dockerfile <<END
FROM scratch
ADD $www/loop /f
END
check_status "redirects without end" 3 cbuild "$T/context"
check_contains "end" "$err" redirects
check_store "the store is sound"
finish
