#!/usr/bin/env bash
# Flags of COPY and ADD: --parents, --exclude, --link, --chmod, --chown, --unpack; what messages point to.
source "$(dirname "$0")/lib.sh"
need_base busybox

mkdir -p "$T/context"/{a/b/c,x/y}
cd "$T/context" || exit
echo 1 >a/b/c/one.go && echo 2 >a/b/two.go && echo 3 >a/three.md && echo 4 >x/y/four.go
chmod 0700 a/b
printf '#!/bin/sh\n' >run.sh && chmod 0644 run.sh && chmod 4755 x/y/four.go
tar -C a -cf pack.tar b three.md

dockerfile <<'END'
FROM scratch
COPY --parents a/b/c/one.go x/y/four.go /whole/
COPY --parents a/./b/c/one.go /pivot/
COPY --parents **/*.go /deep/
COPY --parents a/./b /tree/
COPY --parents=false a/three.md /flat/
COPY --parents --exclude=**/two.go --exclude=*.md a/./ /some/
COPY --parents */b/./**/*.go x*/./y /wild/
COPY --parents none*/./y /nothing/
END
check "--parents" cbuild -q -t parents .
check_equal "keeps paths, modes of directories, and what is behind the pivot" "\
deep/a/b/c/one.go deep/a/b/two.go deep/x/y/four.go flat/three.md pivot/b/c/one.go some/b/c/one.go \
tree/b/c/one.go tree/b/two.go whole/a/b/c/one.go whole/x/y/four.go wild/c/one.go wild/two.go wild/y/four.go" "$(files_of parents | grep -v '^d' | cut -d ' ' -f 4 | sort | xargs)"
check_equal "directories keep their modes" "\
drwx------ 0/0 0 whole/a/b/
drwxr-xr-x 0/0 0 whole/a/
-rwsr-xr-x 0/0 2 whole/x/y/four.go" "$(files_of parents whole/a/b/ whole/a/ whole/x/y/four.go)"

dockerfile <<'END'
FROM scratch
COPY --exclude=b/c --exclude=*.md a /one/
COPY --exclude=*.md a/three.md a/b/two.go /two/
COPY --exclude=**/*.go --exclude=!b/c/one.go a /three/
END
check "--exclude" cbuild -q -t excludes .
check_equal "is relative to each source" "one/b/two.go three/b/c/one.go three/three.md two/two.go" \
  "$(files_of excludes | grep -v '^d' | cut -d ' ' -f 4 | sort | xargs)"

dockerfile <<'END'
FROM busybox
RUN mkdir -p /real /sticky && chmod 1777 /sticky && ln -s /real /link && ln -s /nowhere /file
COPY --link run.sh /link/
COPY --link run.sh /file
COPY --link --chown=5 run.sh /sticky/new/
END
check "--link" cbuild -q -t linked .
check_equal "follows no link of the image" "\
drwxr-xr-x 0/0 0 link/
-rw-r--r-- 0/0 10 link/run.sh
-rw-r--r-- 0/0 10 file
missing real/run.sh
drwxr-xr-x 5/5 0 sticky/new/
-rw-r--r-- 5/5 10 sticky/new/run.sh" "$(files_of linked link/ link/run.sh file real/run.sh sticky/new/ sticky/new/run.sh)"

dockerfile <<'END'
FROM busybox
RUN echo 'app:x:1001:1002::/:' >>/etc/passwd && echo 'staff:x:50:' >>/etc/group
ARG MODE=0750
ARG WHO=app
COPY --chmod=$MODE run.sh /octal
COPY --chmod=a+x,go-w run.sh /symbolic
COPY --chmod=u=rwX,go=rX a /tree
COPY --chmod=g=u,o-rwx,+t run.sh /letters
COPY --chmod=4755 run.sh /new/dir/suid
COPY --chown=$WHO run.sh /user
COPY --chown=$WHO:staff run.sh /both
COPY --chown=:staff run.sh /group
COPY --chown=55 run.sh /made/by/number
COPY --chown=app: run.sh /colon
END
check "--chmod and --chown" cbuild -q -t modes .
check_equal "do as they say" "\
-rwxr-x--- 0/0 10 octal
-rwxr-xr-x 0/0 10 symbolic
drwxr-xr-x 0/0 0 tree/b/
-rw-r--r-- 0/0 2 tree/b/two.go
-rw-rw---T 0/0 10 letters
-rwsr-xr-x 0/0 10 new/dir/suid
drwsr-xr-x 0/0 0 new/dir/
-rw-r--r-- 1001/1002 10 user
-rw-r--r-- 1001/50 10 both
-rw-r--r-- 0/50 10 group
-rw-r--r-- 55/55 10 made/by/number
drwxr-xr-x 55/55 0 made/by/
-rw-r--r-- 1001/0 10 colon" "$(files_of modes octal symbolic tree/b/ tree/b/two.go letters new/dir/suid new/dir/ user both group made/by/number made/by/ colon)"

dockerfile <<'END'
FROM scratch
ADD pack.tar /unpacked/
ADD --unpack=false pack.tar /packed/
ADD --chown=7:8 pack.tar /owned/
END
check "--unpack" cbuild -q -t unpacks .
check_equal "can be switched off" "\
-rw-r--r-- $(id -u)/$(id -g) 2 unpacked/three.md
missing packed/three.md
-rw-r--r-- 7/8 2 owned/three.md" "$(files_of unpacks unpacked/three.md packed/three.md owned/three.md)"

# wrong NAME STATUS WANTED UNDERLINED <Dockerfile
wrong() {
  dockerfile
  check_status "$1" "$2" cbuild .
  check_contains "... is told" "$err" "$3"
  check_equal "... and pointed to, and nothing else" "$4" "$(grep -A1 -F "│ ${5:-COPY}" <<<"$err" | tail -n 1 | tr -dc ^ | wc -c)"
}
wrong "a misspelt source" 2 "COPY run.hs: not in the build context (did you mean run.sh?)" 6 <<'END'
FROM scratch
COPY a run.hs x /d/
END
printf '# first\n*.md\nx/y\n' >.dockerignore
wrong "an ignored source" 2 'excluded by .dockerignore:3 `x/y`' 11 <<'END'
FROM scratch
COPY run.sh x/y/four.go /d/
END
wrong "a user that is not there" 1 "unable to find user nobody-knows: no matching entries in passwd file" 12 <<'END'
FROM busybox
COPY --chown=nobody-knows run.sh /
END
wrong "a missing source of --parents" 2 "COPY a/./b/none.go: not in the build context" 13 <<'END'
FROM scratch
COPY --parents a/./b/none.go /
END

# An ignored tree is not even looked into.
rm .dockerignore
mkdir -p secret/deep && chmod 0000 secret/deep
printf 'secret\n' >.dockerignore
dockerfile <<'END'
FROM scratch
COPY . /
END
check "an ignored directory need not be readable" cbuild -q -t walked .
check_equal "and is not there" "missing secret" "$(files_of walked secret)"
chmod 0700 secret/deep
check_store "the store is sound"
finish
