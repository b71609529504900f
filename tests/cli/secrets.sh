#!/usr/bin/env bash
# RUN --mount=type=secret and --secret: where a secret appears, and that it appears nowhere else.
source "$(dirname "$0")/lib.sh"
need_base busybox

printf 'value-of-a-file' >"$T/token"
printf 'value-of-a-relative-file' >"$T/relative"
export VARIABLE=value-of-a-variable BARE=value-of-a-bare-id

# As who may read all of the store.
with_all_rights() {
  if [[ $mode == root ]]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}
digest_of() { printf %s "$1" | sha256sum; }

dockerfile <<'END'
FROM busybox
RUN --mount=type=secret,id=token \
    sha256sum < /run/secrets/token > /file && wc -c < /run/secrets/token > /size && \
    stat -c '%a %u %g' /run/secrets/token > /default-look
RUN --mount=type=secret,id=token,mode=0440,uid=5,gid=6,target=/etc/deep/er/token \
    stat -c '%a %u %g' /etc/deep/er/token > /look
WORKDIR /w
RUN --mount=type=secret,id=variable,target=.npmrc sha256sum < /w/.npmrc > /variable
RUN --mount=type=secret,id=variable,env=KEY printf %s "$KEY" | sha256sum > /env && test ! -e /run/secrets
RUN --mount=type=secret,id=variable,env=KEY,target=/both test "$KEY" = "$(cat /both)"
RUN test "${KEY-unset}" = unset && test ! -e /both
RUN --mount=type=secret,id=BARE sha256sum < /run/secrets/BARE > /bare
RUN --mount=type=secret,target=/x/relative sha256sum < /x/relative > /relative
RUN --mount=type=secret,id=absent --mount=type=secret,id=absent,env=ABSENT \
    test ! -e /run/secrets && test "${ABSENT-unset}" = ""
RUN --mount=type=secret,id=token ! (echo x > /run/secrets/token) 2>/dev/null && ! rm /run/secrets/token 2>/dev/null
USER 1000
RUN --mount=type=secret,id=token ! cat /run/secrets/token 2>/dev/null
RUN --mount=type=secret,id=token,uid=1000 cat /run/secrets/token | grep -q value
END
secrets=(--secret "id=token,src=$T/token" --secret "id=variable,env=VARIABLE" --secret id=BARE --secret id=relative)
check "secrets of files and variables" cbuild build -t app --progress plain "${secrets[@]}" "$T/context"
log=$err
check_equal "of a file" "$(digest_of value-of-a-file)" "$(file_of app /file)"
check_equal "of a variable" "$(digest_of value-of-a-variable)" "$(file_of app /variable)"
check_equal "as a variable" "$(digest_of value-of-a-variable)" "$(file_of app /env)"
check_equal "a bare id is a variable" "$(digest_of value-of-a-bare-id)" "$(file_of app /bare)"
check_equal "or a file" "$(digest_of value-of-a-relative-file)" "$(file_of app /relative)"
check_equal "mode 0400 of root by default" "400 0 0" "$(file_of app /default-look)"
check_equal "mode, uid, gid as written" "440 5 6" "$(file_of app /look)"
check_equal "all of it" 15 "$(file_of app /size)"
check_equal "no trace of mount points" "" \
  "$(files_of app | grep -E ' (run/secrets|etc/deep|both|x/|x$|w/.npmrc)' || true)"
check_lacks "not in what is shown" "$log" value-of
check "is saved" cbuild save -o "$T/app.tar" app
mkdir "$T/app" && tar xf "$T/app.tar" -C "$T/app"
check_equal "not in the image" "" "$(find "$T/app" -type f -exec zgrep -al value-of {} +)"
check_equal "not in the store" "" "$(with_all_rights grep -ral value-of "$CBUILD_ROOT")"

# Values of a secret decide nothing.
dockerfile <<'END'
FROM busybox
RUN --mount=type=secret,id=key cat /run/secrets/key > /dev/null; head -c 16 /dev/urandom > /drawn
END
printf 'first-value' >"$T/key"
check "a step with a secret" cbuild build -q -t one --secret "id=key,src=$T/key" "$T/context"
printf 'second-value' >"$T/key"
check "another value" cbuild build -q -t two --secret "id=key,src=$T/key" "$T/context"
check_equal "is no reason to run it again" "$(image_id one)" "$(image_id two)"
check "no value at all" cbuild build -q -t three "$T/context"
check_equal "neither" "$(image_id one)" "$(image_id three)"
sed -i s/id=key/id=key,required/ "$T/context/Dockerfile"
check_status "a required one that is not given" 2 cbuild build "$T/context"
check_contains "is named" "$err" "the secret 'key' is required and was not given"
check_contains "with its line" "$err" Dockerfile:2
check_contains "and what to write" "$err" "--secret id=key,src=FILE"

check_status "a missing file" 2 cbuild build --secret id=key,src=missing "$T/context"
check_contains "is named" "$err" "open $T/missing: No such file"
check_status "a directory" 2 cbuild build --secret "id=key,src=$T/context" "$T/context"
check_contains "is refused" "$err" "is a directory"
check_status "an unset variable" 2 cbuild build --secret id=key,env=UNSET_THING "$T/context"
check_contains "is named" "$err" "the variable UNSET_THING is not set"
head -c 512000 /dev/zero >"$T/largest"
head -c 512001 /dev/zero >"$T/too-large"
check "500 KiB" cbuild build -q --secret "id=key,src=$T/largest" "$T/context"
check_status "a byte more" 2 cbuild build --secret "id=key,src=$T/too-large" "$T/context"
check_contains "is too large" "$err" "is too large (at most 500 KiB)"
check "a pipe" cbuild build -q --no-cache --secret id=key,src=<(echo piped) "$T/context"
check_status "a misspelt key" 2 cbuild build --secret id=key,scr=x "$T/context"
check_contains "with what was meant" "$err" "did you mean src?"
check_status "no id" 2 cbuild build --secret src=x "$T/context"
check_contains "is told" "$err" "the id is missing"

# A failing step shows what the step wrote, and no value by itself.
dockerfile <<'END'
FROM busybox
RUN --mount=type=secret,id=key,env=KEY false
END
check_status "a failing step" 1 cbuild build --secret "id=key,src=$T/token" "$T/context"
check_lacks "does not show the secret" "$err" value-of
finish
