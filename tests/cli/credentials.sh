#!/usr/bin/env bash
# Where credentials are found, and what a refusal says about those that could not be had.
source "$(dirname "$0")/lib.sh"

start_registry auth
open=$registry
start_registry
other=$registry
registry=$open
auth=$(printf 'user:secret' | base64)
entry='{"auths":{"'$registry'":{"auth":"'$auth'"}}}'
dockerfile <<<$'FROM scratch\nCOPY Dockerfile /'
for name in "$registry" "$other"; do cbuild build -q -t "$name/app" "$T/context" >/dev/null; done
DOCKER_AUTH_CONFIG=$entry cbuild push -q "$registry/app" >/dev/null 2>&1
cbuild push -q "$other/app" >/dev/null 2>&1

# place FILE: the credentials are in it alone.
place() {
  mkdir -p "$(dirname "$1")"
  (umask 077 && echo "$entry" >"$1")
}
check_status "a private registry, without credentials" 3 cbuild pull "$registry/app"
check_contains "says how to log in" "$err" "cbuild login $registry"
for file in "$HOME/.docker/config.json" "$HOME/.config/containers/auth.json" "$XDG_RUNTIME_DIR/containers/auth.json" \
  "$HOME/.dockercfg"; do
  place "$file"
  [[ $file != *cfg ]] || printf '{"%s":{"auth":"%s"}}' "$registry" "$auth" >"$file"
  check "those of ${file/$HOME/\~}" cbuild pull "$registry/app"
  rm "$file"
done
place "$T/own/auth.json"
check "those of REGISTRY_AUTH_FILE" env REGISTRY_AUTH_FILE="$T/own/auth.json" "$CBUILD" pull "$registry/app"
place "$T/own/containers/auth.json"
check "those of XDG_CONFIG_HOME" env XDG_CONFIG_HOME="$T/own" "$CBUILD" pull "$registry/app"
place "$HOME/.config/containers/auth.json"
echo '{"auths":{}}' >"$HOME/.docker/config.json"
check "docker's file without an entry is no answer" cbuild pull "$registry/app"
rm "$HOME/.config/containers/auth.json"

mkdir "$T/bin"
export PATH=$T/bin:$PATH
printf '#!/bin/sh\nprintf "\\033[31mnonsense\\n%%09000d" 1\n' >"$T/bin/docker-credential-odd"
printf '#!/bin/sh\necho "the keys are locked" >&2\nexit 1\n' >"$T/bin/docker-credential-locked"
chmod 0755 "$T"/bin/docker-credential-*
# refused WHAT CONFIG NEEDLE
refused() {
  (umask 077 && echo "$2" >"$HOME/.docker/config.json.new" && mv "$HOME/.docker/config.json.new" "$HOME/.docker/config.json")
  check_status "$1" 3 cbuild pull "$registry/app"
  check_contains "is named when the registry refuses" "$err" "$HOME/.docker/config.json: $3"
  check_equal "in one line, of bounded length" yes \
    "$([[ $err != *$'\e'* && $(grep -c 'cbuild: ' <<<"$err") == 1 && ${#err} -lt 3000 ]] && echo yes)"
  check "and is no matter where nobody asks" cbuild pull "$other/app"
  check_lacks "nor told" "$err" credential
}
refused "a helper that is not there" '{"credsStore":"missing"}' "docker-credential-missing is not installed"
refused "one for the registry" '{"credHelpers":{"'"$registry"'":"missing"}}' "docker-credential-missing is not installed"
refused "one that fails" '{"credsStore":"locked"}' "docker-credential-locked failed for $registry: the keys are locked"
refused "one that talks nonsense" '{"credsStore":"odd"}' "docker-credential-odd: not valid JSON"
refused "a file that is no JSON" '{"auths": nonsense' "not valid JSON"
refused "an entry that is no base64" '{"auths":{"'"$registry"'":{"auth":"!"}}}' "the entry '$registry' of auths is not base64"
refused "credentials that are wrong" '{"auths":{"'"$registry"'":{"auth":"'"$(printf 'a:b' | base64)"'"}},"credsStore":"missing"}' \
  "docker-credential-missing is not installed"
place "$HOME/.config/containers/auth.json"
echo '{"credsStore":"missing"}' >"$HOME/.docker/config.json"
check "another place may have them" cbuild pull "$registry/app"
finish
