#!/usr/bin/env bash
# A registry with TLS of a private authority and passwords.
source "$(dirname "$0")/lib.sh"
start_registry tls auth
check "builds" cbuild -q -t "$registry/app:1" - <<<"FROM scratch
LABEL a=b"

check_status "an unknown authority is refused" 3 cbuild push "$registry/app:1"
check_contains "and the certificate is blamed" "${err,,}" certificate
certificates=$HOME/.config/containers/certs.d/$registry
mkdir -p "$certificates"
cp "$registry_dir/cert.pem" "$certificates/ca.crt"

check_status "without login" 3 cbuild push "$registry/app:1"
check_contains "says what to do" "$err" "login"
check_status "login with a wrong password" 3 cbuild login -u user --password-stdin "$registry" <<<wrong
check_lacks "the password is not shown" "$err$out" wrong
check_equal "nothing is kept of it" "" "$(grep -rs auth "$HOME/.docker" || true)"
check "login" cbuild login -u user --password-stdin "$registry" <<<secret
check_equal "the file is for its owner only" 600 "$(stat -c %a "$HOME/.docker/config.json")"
check_lacks "the password is not in it in clear" "$(cat "$HOME/.docker/config.json")" secret
check "push" cbuild push "$registry/app:1"
check "skopeo finds it with the same credentials" skopeo inspect --authfile "$HOME/.docker/config.json" \
  --cert-dir "$certificates" "docker://$registry/app:1"
id=$(image_id "$registry/app:1")
cbuild rmi "$registry/app:1" >/dev/null 2>&1
check "pull" cbuild pull "$registry/app:1"
check_equal "the same image" "$id" "$(image_id "$registry/app:1")"
check "build --push" cbuild -q --push -t "$registry/app:2" - <<<"FROM $registry/app:1
ENV b=c"

check "logout" cbuild logout "$registry"
check_status "then a push is refused" 3 cbuild push "$registry/app:2"
DOCKER_CONFIG=$T/config
export DOCKER_CONFIG
mkdir "$DOCKER_CONFIG"
printf '{"auths": {"%s": {"auth": "%s"}}, "kept": 1}' "$registry" "$(printf user:secret | base64)" >"$DOCKER_CONFIG/config.json"
check "credentials written by docker" cbuild push "$registry/app:2"
check "login with that file" cbuild login -u user --password-stdin "$registry" <<<secret
check_equal "keeps what else is in it" 1 "$(json 'd["kept"]' <"$DOCKER_CONFIG/config.json")"
mkdir "$T/bin"
cat >"$T/bin/docker-credential-test" <<'END'
#!/bin/sh
[ "$1" = get ] && echo '{"Username": "user", "Secret": "secret"}'
END
chmod +x "$T/bin/docker-credential-test"
PATH=$T/bin:$PATH
echo '{"credsStore": "test"}' >"$DOCKER_CONFIG/config.json"
check "a credential helper" cbuild push "$registry/app:2"
finish
