#!/usr/bin/env bash
# Repositories that are not for everybody: tokens and headers over http, keys and agents over ssh, hosts never met.
source "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip_all "no git"

mkdir -p "$T/www/private" "$T/www/bearer" "$T/context"
export GIT_CONFIG_GLOBAL=$T/gitconfig
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global protocol.file.allow always
git init -q "$T/lib"
echo library >"$T/lib/lib.c"
git -C "$T/lib" add lib.c
git -C "$T/lib" commit -q -m first
git init -q "$T/app"
echo 'FROM scratch
COPY . /' >"$T/app/Dockerfile"
echo one >"$T/app/file"
git -C "$T/app" add .
git -C "$T/app" commit -q -m first
git -C "$T/app" submodule --quiet add "$T/lib" lib
git -C "$T/app" config -f .gitmodules submodule.lib.url ../lib.git
git -C "$T/app" commit -q -a -m second
for place in private bearer; do
  for name in app lib; do git clone -q --bare "$T/$name" "$T/www/$place/$name.git"; done
done
start_file_server "$T/www"
host=${www#http://}

# --- http

# built: what is in the last image.
built() { files_of built r/file r/lib/lib.c | cut -d ' ' -f 4 | xargs; }
from() { printf 'FROM scratch\nADD %s /r\n' "$1" | dockerfile; }
export TOKEN=secret HEADER='bearer secret' WRONG=nonsense
from "$www/git/private/app.git"
check_status "a private repository without a token" 3 cbuild build "$T/context"
check_contains "says how to give one" "$err" "--secret id=GIT_AUTH_TOKEN"
check_status "a wrong token" 3 cbuild build --secret id=GIT_AUTH_TOKEN,env=WRONG "$T/context"
check "a token" cbuild build --progress plain -t built --secret id=GIT_AUTH_TOKEN,env=TOKEN "$T/context"
check_equal "opens it, and what it holds of the same host" "r/file r/lib/lib.c" "$(built)"
check_lacks "is shown nowhere" "$err" secret
check "a token of the host" cbuild build -q --no-cache -t built --secret "id=GIT_AUTH_TOKEN.$host,env=TOKEN" \
  --secret id=GIT_AUTH_TOKEN,env=WRONG "$T/context"
check "wins over one for all" cbuild build -q --no-cache -t built --secret "id=GIT_AUTH_TOKEN.other.example,env=WRONG" \
  --secret id=GIT_AUTH_TOKEN,env=TOKEN "$T/context"
from "http://x-access-token:%73ecret@$host/git/private/app.git"
check "user and password in the URL, escaped" cbuild build -q --no-cache -t built "$T/context"
check_equal "open it" "r/file r/lib/lib.c" "$(built)"
from "$www/git/bearer/app.git"
check_status "a server that wants another header" 3 cbuild build --secret id=GIT_AUTH_TOKEN,env=TOKEN "$T/context"
check "gets it" cbuild build -q -t built --secret id=GIT_AUTH_HEADER,env=HEADER "$T/context"
check "a header of the host" cbuild build -q --no-cache -t built --secret "id=GIT_AUTH_HEADER.$host,env=HEADER" \
  --secret "id=GIT_AUTH_TOKEN.$host,env=TOKEN" "$T/context"
check_equal "wins over a token" "r/file r/lib/lib.c" "$(built)"
check "the context may be private" cbuild build -q -t context --secret id=GIT_AUTH_TOKEN,env=TOKEN \
  "$www/git/private/app.git"
check_equal "too" one "$(file_of context /file)"
# What the user has set up himself is for URLs that he gives himself.
printf 'machine 127.0.0.1 login x-access-token password secret\n' >"$HOME/.netrc"
chmod 0600 "$HOME/.netrc"
cp "$GIT_CONFIG_GLOBAL" "$T/gitconfig.own"
git config -f "$T/gitconfig.own" http.extraHeader 'Authorization: basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0'
git config -f "$T/gitconfig.own" credential.helper '!echo username=x-access-token; echo password=secret; :'
cp "$T/gitconfig.own" "$HOME/.gitconfig"
printf '#!/bin/sh\necho secret\n' >"$T/askpass" && chmod 0755 "$T/askpass"
own=(env GIT_CONFIG_GLOBAL="$T/gitconfig.own" GIT_ASKPASS="$T/askpass" GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader
  GIT_CONFIG_VALUE_0='Authorization: basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0' XDG_CONFIG_HOME="$HOME" "$CBUILD" build)
from "$www/git/private/app.git"
: >"$T/www.log"
check_status ".netrc, .gitconfig and a helper: not for a Dockerfile" 3 "${own[@]}" "$T/context"
check_contains "which is told to lend" "$err" "--secret id=GIT_AUTH_TOKEN"
check_lacks "and nothing was sent" "$(cat "$T/www.log")" eC1h
commit=$(git -C "$T/app" rev-parse HEAD)
from "$www/git/private/app.git#$commit"
check "a commit fetched with a token" cbuild build -q --secret id=GIT_AUTH_TOKEN,env=TOKEN "$T/context"
check_status "is no more to be had without" 3 cbuild build --no-cache "$T/context"
check ".netrc is for the context" cbuild build -q -t own "$www/git/private/app.git?submodules=false"
check_equal "on the command line" one "$(file_of own /file)"
check "and for a further one" cbuild build -q -t own --build-context "more=$www/git/private/lib.git" - <<<$'FROM scratch\nCOPY --from=more lib.c /'
check_equal "given there" library "$(file_of own /lib.c)"
check_status "but not for a submodule" 3 cbuild build "$www/git/private/app.git"
check_status "nor for what the context's Dockerfile adds" 3 cbuild build -f - "$www/git/private/app.git?submodules=false" \
  <<<$'FROM scratch\nADD '"$www/git/private/lib.git /"
from "$www/private/hello.txt"
: >"$T/www.log"
printf 'machine 127.0.0.1 login user password secret\n' >"$HOME/.netrc"
check_status "nor for a download" 3 cbuild build "$T/context"
check_contains "to which nothing was sent" "$(cat "$T/www.log")" "GET /private/hello.txt 401 -"
rm "$HOME/.netrc" "$HOME/.gitconfig"
check_equal "no token is in the store" "" "$(grep -ral -e eC1hY2Nlc3MtdG9rZW46c2VjcmV0 -e 'bearer secret' "$CBUILD_ROOT" 2>/dev/null)"

# --- ssh

[[ -x /usr/sbin/sshd ]] || {
  skip "repositories over ssh" "no sshd"
  finish
}
[[ $mode == user || -d /run/sshd ]] || made_directory=$(mkdir /run/sshd && echo yes)
mkdir -m 0700 "$T/sshd" "$HOME/.ssh"
for key in host other one; do ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$T/sshd/$key"; done
cp "$T/sshd/one.pub" "$T/sshd/authorized"
port=$(free_port)
cat >"$T/sshd/config" <<END
ListenAddress 127.0.0.1:$port
HostKey $T/sshd/host
AuthorizedKeysFile $T/sshd/authorized
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
END
in_background /usr/sbin/sshd -D -f "$T/sshd/config" -E "$T/sshd/log"
wait_until 10 grep -q listening "$T/sshd/log"
me=$(id -un)
unset SSH_AUTH_SOCK

from "ssh://$me@127.0.0.1:$port$T/www/private/app.git#main"
check_status "over ssh, without a key" 3 cbuild build "$T/context"
check_contains "says how to lend one" "$err" "--ssh default"
check "with a key file, from a host never met" cbuild build -q -t built --ssh "default=$T/sshd/one" "$T/context"
check_equal "it and its submodule" "r/file r/lib/lib.c" "$(built)"
check_equal "the host is not noted" no "$([[ -e $HOME/.ssh/known_hosts ]] && echo yes || echo no)"
in_background ssh-agent -D -a "$T/agent" >/dev/null
wait_until 5 test -S "$T/agent"
SSH_AUTH_SOCK=$T/agent ssh-add -q "$T/sshd/one"
check "with an agent" env SSH_AUTH_SOCK="$T/agent" "$CBUILD" build -q --no-cache -t built --ssh default "$T/context"
check_status "not with the one that merely runs" 3 env SSH_AUTH_SOCK="$T/agent" "$CBUILD" build --no-cache "$T/context"
check_contains "it is to be lent" "$err" "give an agent with --ssh default"
check "a context" cbuild build -q -t context --ssh "default=$T/sshd/one" "ssh://$me@127.0.0.1:$port$T/www/private/app.git"
check_equal "too" library "$(file_of context /lib/lib.c)"

ssh_url=ssh://$me@127.0.0.1:$port$T/www/private
check "a context by the agent that runs" env SSH_AUTH_SOCK="$T/agent" "$CBUILD" build -q -t context "$ssh_url/app.git?submodules=false"
check_status "which is not for its submodules" 3 env SSH_AUTH_SOCK="$T/agent" "$CBUILD" build "$ssh_url/app.git"
check_contains "unless it is lent" "$err" "--ssh default"
check "as here" env SSH_AUTH_SOCK="$T/agent" "$CBUILD" build -q --ssh default "$ssh_url/app.git"

# What the user has set up himself.
printf 'Host box\n  HostName 127.0.0.1\n  Port %s\n' "$port" >"$HOME/.ssh/config"
cp "$T/sshd/one" "$HOME/.ssh/id_ed25519"
more() { cbuild build "$@" --build-context "more=ssh://$me@box$T/www/private/lib.git" - <<<$'FROM scratch\nCOPY --from=more lib.c /'; }
check "the user's own key and names of hosts" more -q -t own
check_equal "are used" library "$(file_of own /lib.c)"
from "ssh://$me@box$T/www/private/lib.git"
check_status "not for a Dockerfile: the name" 3 cbuild build "$T/context"
check_contains "means nothing there" "$err" "/.ssh/config is not read for a Dockerfile"
from "$ssh_url/lib.git"
check_status "and the key" 3 cbuild build "$T/context"
check_contains "is not used" "$err" "--ssh default"
echo "[127.0.0.1]:$port $(cat "$T/sshd/other.pub")" >"$HOME/.ssh/known_hosts"
check_status "another key than the user knows of the host" 3 more
check_contains "is refused" "$err" "the key of the host is not the one in ~/.ssh/known_hosts"
check_status "for a Dockerfile too" 3 cbuild build --ssh "default=$T/sshd/one" "$T/context"
check_contains "whatever is lent" "$err" "the key of the host is not the one in ~/.ssh/known_hosts"
echo "[127.0.0.1]:$port $(cat "$T/sshd/host.pub")" >"$HOME/.ssh/known_hosts"
check "the key that he knows" more -q
[[ -z ${made_directory:-} ]] || rmdir /run/sshd
finish
