#!/usr/bin/env bash
# Tokens and passwords of repositories stay with their origin, wherever its server sends git.
source "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip_all "no git"

mkdir -p "$T/www/private" "$T/elsewhere" "$T/context"
export GIT_CONFIG_GLOBAL=$T/gitconfig
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git init -q "$T/app"
echo one >"$T/app/file"
git -C "$T/app" add .
git -C "$T/app" commit -q -m first
for place in www/private www elsewhere; do
  git clone -q --bare "$T/app" "$T/$place/app.git"
  git -C "$T/$place/app.git" update-server-info
done
start_file_server "$T/www"
start_file_server "$T/elsewhere" elsewhere
port=${elsewhere##*:}
host=${www#http://}

from() { printf 'FROM scratch\nADD %s /r\n' "$1" | dockerfile; }
leaked() { cut -d ' ' -f 4- "$T/elsewhere.log" | sort -u | xargs; }
export TOKEN=secret HEADER='bearer secret'
lent=(--secret "id=GIT_AUTH_TOKEN,env=TOKEN")

# The other origin may have what is asked for: it is fetched there, without the token.
for kind in git/ ''; do
  : >"$T/elsewhere.log"
  from "$www/away/$port/${kind}app.git"
  check "a repository that is elsewhere (/$kind)" cbuild build -q --no-cache -t moved "${lent[@]}" "$T/context"
  check_equal "is fetched there" one "$(file_of moved /r/file)"
  check_equal "without the token" - "$(leaked)"
  : >"$T/elsewhere.log"
  check "with a header" cbuild build -q --no-cache --secret "id=GIT_AUTH_HEADER.$host,env=HEADER" "$T/context"
  check_equal "too" - "$(leaked)"
  : >"$T/elsewhere.log"
  from "http://user:secret@$host/away/$port/${kind}app.git"
  check "with a password in the URL" cbuild build -q --no-cache -t moved "$T/context"
  check_equal "too" - "$(leaked)"
  rm -rf "$CBUILD_ROOT/git"
done
: >"$T/elsewhere.log"
printf 'machine 127.0.0.1 login user password secret\n' >"$HOME/.netrc"
chmod 0600 "$HOME/.netrc"
check "a context that has moved" cbuild build -q -f - "$www/away/$port/git/app.git" <<<$'FROM scratch\nCOPY file /'
check_equal "takes no password of ~/.netrc along" - "$(leaked)"
rm "$HOME/.netrc"

# Within the origin the token goes along.
from "$www/redirect/redirect/git/private/app.git"
check "a repository that was renamed" cbuild build -q --no-cache -t moved "${lent[@]}" "$T/context"
check_equal "is found" one "$(file_of moved /r/file)"
check_status "not without the token" 3 cbuild build --no-cache "$T/context"
from "$www/loop/app.git"
check_status "redirects without end" 3 cbuild build "${lent[@]}" "$T/context"
check_contains "end" "$err" "error: 302"

# Submodules, of both origins.
git init -q "$T/all"
git -C "$T/all" -c protocol.file.allow=always submodule --quiet add "$T/app" renamed
git -C "$T/all" -c protocol.file.allow=always submodule --quiet add "$T/app" moved
git -C "$T/all" config -f .gitmodules submodule.renamed.url "$www/redirect/git/private/app.git"
git -C "$T/all" config -f .gitmodules submodule.moved.url "$www/away/$port/git/app.git"
git -C "$T/all" add .
git -C "$T/all" commit -q -m first
git clone -q --bare "$T/all" "$T/www/private/all.git"
: >"$T/elsewhere.log"
from "$www/git/private/all.git"
check "submodules that have moved" cbuild build -q -t all "${lent[@]}" "$T/context"
check_equal "are found" "one one" "$(file_of all /r/renamed/file) $(file_of all /r/moved/file)"
check_equal "and the token goes nowhere" - "$(leaked)"
finish
