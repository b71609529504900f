#!/usr/bin/env bash
# Where the files of a build come from: archives and Dockerfiles on standard input, URLs, repositories, named contexts.
source "$(dirname "$0")/lib.sh"
need_base busybox
command -v git >/dev/null || skip_all "no git"

mkdir -p "$T/context/sub" "$T/www"
cd "$T/context" || exit
echo file >file
printf '#!/bin/sh\n' >tool && chmod 0755 tool
touch -d '2020-02-03 04:05:06 UTC' file
echo 'FROM scratch
COPY file tool /' >Dockerfile
echo 'FROM scratch
COPY file /other' >sub/other.Dockerfile
echo ignored >ignored
echo ignored >.dockerignore

for program in cat gzip bzip2 xz zstd; do
  command -v "$program" >/dev/null || continue
  run cbuild -q -t "from-$program" - < <(tar cf - . | "$program" -c 2>/dev/null || tar cf - . | cat)
  check_equal "an archive on standard input ($program)" 0 "$status"
done
check_equal "is the context" "\
-rw-r--r-- 0/0 5 file
-rwxr-xr-x 0/0 10 tool" "$(files_of from-cat)"
check "a Dockerfile in it by name" cbuild -q -t other -f sub/other.Dockerfile - < <(tar czf - .)
check_equal "is used" file "$(file_of other /other)"
check_status "one that is not in it" 2 cbuild -f missing - < <(tar czf - .)
check_contains "is said not to be" "$err" "no such file in standard input"
check_status "nothing comes from outside" 2 cbuild -f ../../../etc/passwd - < <(tar czf - .)
check "the Dockerfile from standard input, the files from here" cbuild -q -t mixed -f - . <<<$'FROM scratch\nCOPY file /mixed'
check_equal "works" file "$(file_of mixed /mixed)"
check_status "a Dockerfile on standard input has no context" 2 cbuild - <<<$'FROM scratch\nCOPY file /'
check_contains "and that is said" "$err" "no build context"

python3 - "$T/hostile.tar" <<'END'
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w") as tar:
    def add(name, data=b"", **fields):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in fields.items():
            setattr(info, key, value)
        tar.addfile(info, io.BytesIO(data))
    add("Dockerfile", b"FROM scratch\nCOPY . /\n")
    add("../../escaped", b"x")
    add("/absolute", b"x")
    add("out", type=tarfile.SYMTYPE, linkname="/tmp")
    add("out/through-link", b"x")
    add("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    add("owned", b"x", uid=12345, gid=54321, mode=0o4755)
END
check "a hostile archive" cbuild -q -t hostile - <"$T/hostile.tar"
check_equal "stays where it is put" "" "$(ls "$T/../escaped" /absolute /tmp/through-link 2>/dev/null)"
check_equal "without devices, as root's" "\
missing null
-rwsr-xr-x 0/0 1 owned" "$(files_of hostile null owned)"

start_file_server "$T/www"
tar czf "$T/www/context.tar.gz" . && touch -d '2021-01-01 00:00:00 UTC' "$T/www/context.tar.gz"
printf 'FROM busybox\nRUN echo ran >/ran\n' >"$T/www/single"
check "an archive at a URL" cbuild -q -t url "$www/context.tar.gz"
check_equal "is the context" file "$(file_of url /file)"
check "its time can be the image's" cbuild -q -t dated --build-arg SOURCE_DATE_EPOCH=context "$www/context.tar.gz"
check_contains "as Last-Modified has it" "$(cbuild inspect dated)" 2021-01-01T00:00:00Z
mkdir "$T/newest" && echo f >"$T/newest/file" && printf 'FROM scratch\nCOPY file /\n' >"$T/newest/Dockerfile"
touch -d '2022-01-01 00:00:00 UTC' "$T/newest"/* "$T/newest" && tar czf "$T/www/newest.tar.gz" -C "$T/newest" .
check "an archive that the server gives no time" cbuild -q -t newest --build-arg SOURCE_DATE_EPOCH=context "$www/plain/newest.tar.gz"
check_contains "has that of its newest file" "$(cbuild inspect newest)" 2022-01-01T00:00:00Z
check "a directory has no such time, and none is asked" cbuild -q -t undated --build-arg SOURCE_DATE_EPOCH=context "$T/newest"
check_lacks "so it is today's" "$(cbuild inspect undated)" 2022-01-01
check "a Dockerfile at a URL" cbuild -q -t plain "$www/single"
check_equal "is built without context" ran "$(file_of plain /ran)"
check "whatever --file calls it" cbuild -q -t plain -f other "$www/single"
check_status "a URL that leads nowhere" 3 cbuild "$www/missing"
check_contains "is named" "$err" "404 Not Found"

export GIT_CONFIG_GLOBAL=$T/gitconfig
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git init -q --bare "$T/www/repo.git"
git init -q "$T/repo"
mkdir "$T/repo/dir"
cp Dockerfile file tool .dockerignore "$T/repo/"
printf 'FROM scratch\nCOPY . /\n' >"$T/repo/dir/Dockerfile"
echo inner >"$T/repo/dir/inner"
git -C "$T/repo" add -A
GIT_COMMITTER_DATE='2022-02-02T02:02:02Z' git -C "$T/repo" commit -q -m first
git -C "$T/repo" push -q "$T/www/repo.git" HEAD:main HEAD:refs/tags/v1
git -C "$T/www/repo.git" symbolic-ref HEAD refs/heads/main
check "a repository" cbuild -q -t git --build-arg SOURCE_DATE_EPOCH=context "$www/git/repo.git"
check_equal "is the context" "-rwxr-xr-x 0/0 10 tool" "$(files_of git tool)"
check_contains "with the time of its commit" "$(cbuild inspect git)" 2022-02-02T02:02:02Z
check "a directory of a tag" cbuild -q -t git-dir "$www/git/repo.git#v1:dir"
check_equal "is a context, too" "Dockerfile inner" "$(files_of git-dir | cut -d ' ' -f 4 | sort | xargs)"
check "with .git when asked for" cbuild -q -t git-kept --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 -f - "$www/git/repo.git" <<<$'FROM scratch\nCOPY .git/HEAD /'
check_status "a directory that is not there" 2 cbuild "$www/git/repo.git#v1:none"
check_contains "is named" "$err" "no directory none"

mkdir -p "$T/more/sub"
echo more >"$T/more/more" && echo secret >"$T/more/secret" && echo secret >"$T/more/.dockerignore"
printf '%s\n' 'FROM scratch' 'COPY --from=more . /' 'COPY --from=repo dir/inner /' 'COPY --from=web . /web/' \
  'COPY --from=archive file /archived' 'COPY --from=image /bin/busybox /' >"$T/context/named.Dockerfile"
check "named contexts of every kind" cbuild -q -t named -f named.Dockerfile --build-context more="$T/more" \
  --build-context repo="$www/git/repo.git#main" --build-context web="$www/single" \
  --build-context archive="$www/context.tar.gz" --build-context image=docker-image://busybox --build-context unused="$www/none" .
check_equal "are all there, each with its own ignore file" ".dockerignore archived busybox context inner more" \
  "$(files_of named | grep -v '^d' | cut -d ' ' -f 4 | sed 's#.*/##' | sort | xargs)"
check "an image replaced by a directory" cbuild -q -t replaced --build-context alpine="$T/more" - <<<$'FROM docker.io/library/alpine:latest\nCOPY --from=alpine more /again'
check_equal "is that directory" "more more" "$(file_of replaced /more) $(file_of replaced /again)"
check "an image replaced by nothing" cbuild -q -t emptied --build-context alpine=docker-image://scratch - <<<$'FROM alpine\nCOPY <<x /only\nx'
check_equal "nothing is there" only "$(files_of emptied | cut -d ' ' -f 4)"
check_status "a named context that is not there" 2 cbuild --build-context more=/does/not/exist - <<<$'FROM scratch\nCOPY --from=more / /'
check_contains "is named" "$err" "--build-context more"
check_equal "nothing is left of them" "" "$(ls "$CBUILD_ROOT/staging")"
check_store "the store is sound"
finish
