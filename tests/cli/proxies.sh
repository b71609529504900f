#!/usr/bin/env bash
# The proxies of docker's config.json are variables of RUN, and nothing else.
source "$(dirname "$0")/lib.sh"
need_base busybox
unset http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY

mkdir -p "$HOME/.docker" "$T/other"
# A value that nothing else holds: it must be nowhere.
canary=canary-$RANDOM$RANDOM
config() { printf '{"proxies":{"default":%s,"tcp://host:2375":{"httpProxy":"http://wrong"}}}' "$1" >"${2:-$HOME/.docker}/config.json"; }
config '{"httpProxy":"http://'$canary':3128","httpsProxy":"http://q","noProxy":".corp","ftpProxy":"http://f","allProxy":"socks5://a"}'

dockerfile <<'END'
FROM busybox
ARG HTTPS_PROXY
RUN env | grep -i _proxy= | sort
RUN touch /f
END
# seen [ARGUMENT…]: what RUN sees.
seen() {
  run cbuild build --no-cache --progress plain -t app "$@" "$T/context"
  sed -nE 's/^#[0-9]+ [0-9.]+ ([A-Za-z]+_(proxy|PROXY)=.*)/\1/p' <<<"$err" | LC_ALL=C sort
}
check_equal "RUN sees them in both spellings" "\
ALL_PROXY=socks5://a
FTP_PROXY=http://f
HTTPS_PROXY=http://q
HTTP_PROXY=http://$canary:3128
NO_PROXY=.corp
all_proxy=socks5://a
ftp_proxy=http://f
http_proxy=http://$canary:3128
https_proxy=http://q
no_proxy=.corp" "$(seen)"

dockerfile <<'END'
FROM busybox
ARG HTTP_PROXY
ARG http_proxy
RUN touch /f
END
check "builds" cbuild build --progress plain --metadata-file "$T/metadata" -t app "$T/context"
shown=$err
check_lacks "no log has them" "$shown$(cbuild build --progress rawjson --no-cache "$T/context" 2>&1)" "$canary"
check_lacks "no file about the build" "$(cat "$T/metadata")" "$canary"
check_lacks "nor its history" "$(cbuild history --no-trunc app)$(cbuild inspect app)" "$canary"
check_lacks "nor what was made of them" "$(cbuild --log-level debug build -o type=oci,dest=- "$T/context" 2>&1 | tr -d '\0' | strings)" "$canary"
check_equal "nor the store" "" "$(grep -rlae "$canary" "$CBUILD_ROOT" 2>/dev/null)"
run cbuild build -q -t app "$T/context"
id=$(image_id app)
config '{"httpProxy":"http://other"}'
check "with others" cbuild build --progress plain -t app "$T/context"
check_contains "nothing is run again" "$err" CACHED
check_equal "and the image is the same" "$id" "$(image_id app)"
rm "$HOME/.docker/config.json"
check "without any" cbuild build -q -t app "$T/context"
check_equal "too" "$id" "$(image_id app)"

dockerfile <<'END'
FROM busybox
ENV NO_PROXY=.image
RUN env | grep -i _proxy= | sort
END
config '{"httpProxy":"http://p","noProxy":".corp"}' "$T/other"
export DOCKER_CONFIG=$T/other
check_equal "DOCKER_CONFIG says where; --build-arg wins, in either spelling; so does ENV" "\
HTTP_PROXY=http://mine
NO_PROXY=.image
http_proxy=http://mine
no_proxy=.corp" "$(seen --build-arg http_proxy=http://mine)"
check_equal "an empty one takes it away" "\
HTTP_PROXY=
NO_PROXY=.image
http_proxy=
no_proxy=.corp" "$(seen --build-arg HTTP_PROXY=)"
check_lacks "nobody misses an ARG" "$err" "no ARG takes"
unset DOCKER_CONFIG
for wrong in '{' '[]' '{"proxies":7}' '{"proxies":{"default":[1]}}' '{"proxies":{"default":{"httpProxy":7}}}'; do
  echo "$wrong" >"$HOME/.docker/config.json"
  check "$wrong is no reason to fail" cbuild build --no-cache "$T/context"
done
echo '{' >"$HOME/.docker/config.json"
run cbuild build "$T/context"
check_contains "what is no JSON is named" "$err" "RUN steps get no proxy settings: $HOME/.docker/config.json: not valid JSON"
finish
