#!/usr/bin/env bash
# ADD of git repositories: refs, subdirectories, submodules, .git, private ones, caches.
source "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip_all "no git"

mkdir -p "$T/www/private" "$T/context"
export GIT_CONFIG_GLOBAL=$T/gitconfig
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global protocol.file.allow always
export GIT_AUTHOR_DATE='2021-05-06T07:08:09Z' GIT_COMMITTER_DATE='2021-05-06T07:08:09Z'

# repository NAME: a working tree at $T/NAME that is pushed to $T/www/NAME.git.
repository() {
  git init -q --bare "$T/www/$1.git"
  git -C "$T/www/$1.git" config uploadpack.allowAnySHA1InWant true
  git init -q "$T/$1"
  git -C "$T/$1" remote add origin "$T/www/$1.git"
}
commit() {
  git -C "$T/$1" add -A
  git -C "$T/$1" commit -q -m "$2"
  git -C "$T/$1" push -q --tags origin HEAD
}
repository lib
echo library >"$T/lib/lib.c"
commit lib first
repository app
mkdir -p "$T/app/src/deep"
echo one >"$T/app/file"
echo deep >"$T/app/src/deep/three"
printf '#!/bin/sh\n' >"$T/app/src/tool" && chmod 0755 "$T/app/src/tool"
ln -s ../file "$T/app/src/link"
commit app first
first=$(git -C "$T/app" rev-parse HEAD)
git -C "$T/app" tag -a v1 -m v1
git -C "$T/app" checkout -q -b other
echo two >"$T/app/file"
commit app second
second=$(git -C "$T/app" rev-parse HEAD)
git -C "$T/app" checkout -q main
start_file_server "$T/www"
git_url=$www/git/app.git

dockerfile <<END
FROM scratch
ADD $git_url /default
ADD $git_url#other /branch
ADD $git_url#v1 /tag
ADD $git_url#$second /commit
ADD $git_url#${second:0:10} /short
ADD $git_url#main:src /sub/
ADD $git_url?branch=other&subdir=src/deep /query
ADD --keep-git-dir=true $git_url#$first /kept
ADD --chown=3:4 --checksum=${first:0:12} $git_url#main /owned
END
umask 077
check "builds" cbuild --progress plain -t repositories "$T/context"
umask 022
check_equal "each ref is what it names" "one two one two two" "$(for name in default branch tag commit short; do
  file_of repositories /$name/file; done | xargs)"
check_equal "what is where, whose, and how" "\
-rw-r--r-- 0/0 4 default/file
-rw-r--r-- 0/0 5 sub/deep/three
lrwxrwxrwx 0/0 0 sub/link -> ../file
-rwxr-xr-x 0/0 10 sub/tool
-rw-r--r-- 0/0 5 query/three
-rw-r--r-- 3/4 4 owned/file
missing default/.git" "$(files_of repositories default/file sub/deep/three sub/link sub/tool query/three owned/file default/.git)"
check_contains "the history is kept when asked for" "$(files_of repositories)" "kept/.git/HEAD"
cbuild build -q -o type=tar,dest="$T/all.tar" "$T/context" >/dev/null 2>&1
check_contains "files have the time of the commit" "$(TZ=UTC tar tvf "$T/all.tar" default/file)" "2021-05-06 07:08"

check "builds" cbuild -q --timestamp 0 -t repositories "$T/context"
id=$(image_id repositories)
check "builds again" cbuild --progress plain --timestamp 0 -t repositories "$T/context"
check_equal "to the same image" "$id" "$(image_id repositories)"
cbuild prune --all --force >/dev/null 2>&1
check "builds with nothing cached" cbuild -q --timestamp 0 --no-cache -t repositories "$T/context"
check_equal "to the same files" "$id" "$(image_id repositories)"

dockerfile <<END
FROM scratch
ADD $git_url#$first /f
END
cbuild -q "$T/context" >/dev/null
: >"$T/www.log"
check "a commit that is known" cbuild -q "$T/context"
check_equal "needs no request" "" "$(cat "$T/www.log")"

dockerfile <<END
FROM scratch
ADD --keep-git-dir=true $git_url#v1 /tag
ADD --keep-git-dir=true $git_url#other /branch
ADD --keep-git-dir=true $git_url /default
ADD --keep-git-dir=true $git_url#$first /commit
END
check "keeps the history" cbuild -q -o "$T/kept" "$T/context"
kept() { git -c safe.directory='*' -C "$T/kept/$1" "${@:2}"; }
check_equal "with the tag" v1 "$(kept tag describe)"
check_equal "the branch" refs/heads/other "$(kept branch for-each-ref --format='%(refname)')"
check_equal "the default one" refs/heads/main "$(kept default for-each-ref --format='%(refname)')"
check_equal "or nothing" "" "$(kept commit for-each-ref)"
check_equal "and nothing changed" "" "$(for name in tag branch default commit; do kept $name status -s; done)"

# file_with QUERY: what /f/file is.
file_with() {
  dockerfile <<<$'FROM scratch\nADD '"$git_url$1 /f"
  run cbuild -q -t query "$T/context"
  if [[ $status == 0 ]]; then file_of query /f/file; else echo "refused ($status)"; fi
}
tag=$(git -C "$T/app" rev-parse v1)
check_equal "a commit in the query" two "$(file_with "?commit=$second")"
check_equal "abbreviated" two "$(file_with "?checksum=${second:0:8}")"
check_equal "the checksum of a tag: its commit's" one "$(file_with "?tag=v1&checksum=$first")"
check_equal "or its own" one "$(file_with "?tag=v1&checksum=$tag")"
check_equal "another one" "refused (1)" "$(file_with "?tag=v1&checksum=$second")"
check_equal "query and fragment that agree" one "$(file_with "?tag=v1#refs/tags/v1")"
check_equal "that do not" "refused (2)" "$(file_with "?tag=v1#main")"
check_equal "a tag is no branch" "refused (1)" "$(file_with "?branch=v1")"
check_equal "a commit of which the branch knows nothing" two "$(file_with "?ref=main&checksum=$second&fetch-by-commit=true")"

git init -q --bare --object-format=sha256 "$T/www/new.git"
git init -q --object-format=sha256 "$T/new"
git -C "$T/new" remote add origin "$T/www/new.git"
echo sha256 >"$T/new/file"
git -C "$T/new" add file
git -C "$T/new" commit -q -m first
git -C "$T/new" push -q origin HEAD:main
new=$(git -C "$T/new" rev-parse HEAD)
dockerfile <<END
FROM scratch
ADD $www/git/new.git#main /branch
ADD --keep-git-dir=true $www/git/new.git#$new /commit
ADD $www/git/new.git?commit=${new:0:9} /short
END
check "a repository that hashes with sha256" cbuild -q -t new "$T/context"
check_equal "works" "sha256 sha256 sha256" "$(for name in branch commit short; do file_of new /$name/file; done | xargs)"

git -C "$T/app" submodule --quiet add ../lib.git vendor/lib 2>/dev/null
git -C "$T/app" config -f .gitmodules submodule.vendor/lib.url ../lib.git
commit app third
dockerfile <<END
FROM scratch
ADD $git_url /all
ADD $git_url?submodules=false /bare
END
check "builds after a push, with a submodule" cbuild -q -t modules "$T/context"
check_equal "which is there" library "$(file_of modules /all/vendor/lib/lib.c)"
check_equal "unless it is not wanted" "missing bare/vendor/lib/lib.c" "$(files_of modules bare/vendor/lib/lib.c)"
check_lacks "without its .git" "$(files_of modules)" .git/
for name in app lib; do git -C "$T/www/$name.git" update-server-info; done
dockerfile "$T/dumb" <<<$'FROM scratch\nADD '"$www/app.git /dumb"
check "a server that knows nothing of git" cbuild -q -t dumb "$T/dumb"
check_equal "will do" "one library" "$(file_of dumb /dumb/file) $(file_of dumb /dumb/vendor/lib/lib.c)"

git -C "$T/app" config -f .gitmodules submodule.vendor/lib.url "file://$T/www/lib.git"
commit app hostile
run cbuild "$T/context"
check_equal "a submodule cannot be a directory of this machine" 3 "$status"
check_contains "and that is said" "$err" "not allowed"
echo '[submodule "x"]' >"$T/app/.gitmodules"
printf '\tpath = vendor/lib\n\turl = ext::sh -c touch%%20%s\n' "$T/owned" >>"$T/app/.gitmodules"
commit app worse
run cbuild "$T/context"
check_differ "nor a command" 0 "$status"
check_equal "which is not run" no "$([[ -e $T/owned ]] && echo yes || echo no)"

dockerfile <<END
FROM scratch
ADD $git_url#nothing /f
END
check_status "a ref that is not there" 1 cbuild "$T/context"
check_contains "is named" "$err" "no branch, tag or commit 'nothing'"
check_contains "and underlined" "$err" "^^^^"
dockerfile <<END
FROM scratch
ADD --checksum=$second $git_url#$first /f
END
check_status "another commit than was wanted" 1 cbuild "$T/context"
check_contains "is refused" "$err" "--checksum wants $second"
dockerfile <<END
FROM scratch
ADD $git_url#--upload-pack=touch /f
END
check_status "an option is no ref" 2 cbuild "$T/context"
dockerfile <<END
FROM scratch
ADD ssh://-oProxyCommand=touch%20$T/owned/x.git /f
END
check_status "nor a host" 2 cbuild "$T/context"
dockerfile <<END
FROM scratch
COPY $git_url /f
END
check_status "COPY takes no repository" 2 cbuild "$T/context"

port=$(free_port)
in_background git daemon --listen=127.0.0.1 --port="$port" --base-path="$T/www" --export-all "$T/www" 2>/dev/null
wait_until 5 git ls-remote "git://127.0.0.1:$port/app.git"
dockerfile <<END
FROM scratch
ADD git://127.0.0.1:$port/app.git#v1:src /f
END
check "git:// works" cbuild -q -t daemon "$T/context"
check_equal "too" deep "$(file_of daemon /f/deep/three)"
# As power loss leaves them.
find "$CBUILD_ROOT/git" -path '*/objects/*' -type f -exec chmod u+w {} + -exec truncate -s 0 {} +
check "repositories of the store that are damaged are fetched anew" cbuild -q --no-cache -t daemon "$T/context"
check_contains "which is told" "$err" "is damaged and is fetched again"
check_equal "with the right content" deep "$(file_of daemon /f/deep/three)"

mv "$T/www/lib.git" "$T/www/private/lib.git"
dockerfile <<END
FROM scratch
ADD $www/git/private/lib.git /f
END
check_status "a private repository without a token" 3 cbuild "$T/context"
check_contains "says how to give one" "$err" GIT_AUTH_TOKEN
dockerfile <<END
FROM scratch
ADD http://x-access-token:secret@${www#http://}/git/private/lib.git /f
END
check "with a token in its URL" cbuild --progress plain -t private "$T/context"
check_lacks "which nobody sees" "$err$(cbuild history --no-trunc private)" secret
mkdir "$T/bin" && ln -s "$(command -v true)" "$T/bin/true"
run env PATH="$T/bin" "$CBUILD" --no-cache "$T/context"
check_contains "without git" "$err" "git is not installed"
check_store "the store is sound"
finish
