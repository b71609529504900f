#!/usr/bin/env bash
# COPY and ADD: sources, wildcards, destinations, owners, modes, ignore files, archives.
source "$(dirname "$0")/lib.sh"
need_base busybox

mkdir -p "$T/context"/{src/deep,docs,logs,empty}
cd "$T/context" || exit
echo one >src/one.py
echo two >src/two.py
echo deep >src/deep/three.py
echo text >docs/read.me
echo log >logs/a.log
echo keep >logs/keep.log
echo 'with blank' >'a file.txt'
printf '#!/bin/sh\n' >src/tool && chmod 0750 src/tool
ln -s one.py src/link
tar -C src --owner=7 --group=8 -czf archive.tar.gz one.py deep

dockerfile <<'END'
FROM scratch
COPY src/ /dir/
COPY src/*.py /wild/
COPY src/one.py /renamed.py
COPY ["a file.txt", "/blank/"]
COPY src/one.py src/two.py /many/
COPY --chown=10:20 src/one.py /owned/
COPY --chmod=0600 src/one.py /moded/
COPY --from=busybox /etc/passwd /from/
ADD archive.tar.gz /unpacked/
COPY archive.tar.gz /packed/
COPY empty /kept-empty
COPY <<DATA /inline/data
line $HOME
DATA
END
check "builds" cbuild -t copies .
check_equal "what is where, whose, and how" "\
-rw-r--r-- 0/0 5 dir/deep/three.py
lrwxrwxrwx 0/0 0 dir/link -> one.py
-rw-r--r-- 0/0 4 dir/one.py
-rwxr-x--- 0/0 10 dir/tool
-rw-r--r-- 0/0 4 wild/one.py
-rw-r--r-- 0/0 4 wild/two.py
-rw-r--r-- 0/0 4 renamed.py
-rw-r--r-- 0/0 4 many/two.py
-rw-r--r-- 10/20 4 owned/one.py
-rw------- 0/0 4 moded/one.py
-rw-r--r-- 7/8 4 unpacked/one.py
-rw-r--r-- 7/8 5 unpacked/deep/three.py
drwxr-xr-x 0/0 0 kept-empty/" "$(files_of copies dir/deep/three.py dir/link dir/one.py dir/tool wild/one.py wild/two.py \
  renamed.py many/two.py owned/one.py moded/one.py unpacked/one.py unpacked/deep/three.py kept-empty/)"
check_equal "a name with a blank" "with blank" "$(file_of copies '/blank/a file.txt')"
check_equal "an archive is only copied by COPY" "$(stat -c %s archive.tar.gz)" "$(files_of copies packed/archive.tar.gz | cut -d ' ' -f 3)"
check_contains "from another image" "$(file_of copies /from/passwd)" "root:x:0:0"
check_contains "inline content" "$(file_of copies /inline/data)" "line "

cat >.dockerignore <<'END'
# comment
logs/*
!logs/keep.log
**/*.py
!src/one.py
Dockerfile
END
dockerfile <<'END'
FROM scratch
COPY . /
END
check "builds with an ignore file" cbuild -q -t ignoring .
check_equal "leaves out what it says, and no more" "\
 a file.txt
 archive.tar.gz
 docs/read.me
 logs/keep.log
 src/link
 src/one.py
 src/tool" "$(files_of ignoring | grep -v '/$' | sed -E 's/^[^ ]+ [^ ]+ [0-9]+//; s/ -> .*//' | grep -v dockerignore | sort)"

dockerfile <<'END'
FROM scratch
COPY src/two.py /
END
check_status "an ignored file cannot be copied" 2 cbuild .
check_contains "and the ignore file is named" "$err" .dockerignore
rm .dockerignore

dockerfile <<'END'
FROM busybox
RUN mkdir -p /target/real && ln -s /target/real /link && ln -s /etc/passwd /target/out
COPY src/one.py /link/
COPY docs /target/real/
END
check "through links of the image" cbuild -q -t links .
check_equal "they are followed inside the image" "\
-rw-r--r-- 0/0 4 target/real/one.py
-rw-r--r-- 0/0 5 target/real/read.me" "$(files_of links target/real/one.py target/real/read.me)"

mkdir odd
for name in one two; do tar -C src --owner=0 --group=0 -cf odd/$name.tar $name.py; done
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd/socket")' && chmod 0640 odd/socket
dockerfile <<'END'
FROM busybox
RUN mkdir /odd
COPY odd/socket /named
COPY odd /odd
ADD odd/*.tar /unpacked
ADD --chmod=0600 odd/one.tar /plain/deep/
END
check "sockets, and archives that a wildcard finds" cbuild -q -t odd .
check_equal "a socket is copied as an empty file; archives make their destination a directory" "\
-rw-r----- 0/0 0 named
-rw-r----- 0/0 0 odd/socket
-rw-r--r-- 0/0 4 unpacked/one.py
-rw-r--r-- 0/0 4 unpacked/two.py
drwxr-xr-x 0/0 0 plain/deep/
-rw-r--r-- 0/0 4 plain/deep/one.py" "$(files_of odd named odd/socket unpacked/one.py unpacked/two.py plain/deep/ plain/deep/one.py)"
rm -r odd

ln -s /etc/hostname src/outside
dockerfile <<'END'
FROM scratch
COPY src/outside /
END
check_status "a link out of the context shows nothing of this machine" 2 cbuild .
dockerfile <<'END'
FROM scratch
COPY ../../etc/passwd /
END
run cbuild .
check_differ "nor does a path out of it" 0 "$status"

mkdir -p "$T/other" && echo other >"$T/other/file"
dockerfile <<'END'
FROM scratch
COPY --from=more file /
END
check "another context" cbuild -q -t more --build-context more="$T/other" .
check_equal "is copied from" other "$(file_of more /file)"
finish
