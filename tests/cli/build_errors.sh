#!/usr/bin/env bash
# What is said when something is wrong, and with which exit code.
source "$(dirname "$0")/lib.sh"
need_base busybox
mkdir -p "$T/context"
cd "$T/context" || exit
touch requirements.txt

# wrong CODE NAME NEEDLE… <Dockerfile: the build ends with CODE and stderr has every needle.
wrong() {
  local code=$1 name=$2 needle
  shift 2
  dockerfile
  check_status "$name: exit code" "$code" cbuild -t wrong .
  for needle in "$@"; do check_contains "$name: says '$needle'" "$err" "$needle"; done
  check_equal "$name: nothing on stdout" "" "$out"
}

wrong 2 "misspelt file" Dockerfile:2 "did you mean requirements.txt" "requirments.txt" <<'END'
FROM scratch
COPY requirments.txt .
END
wrong 2 "misspelt instruction" Dockerfile:2 COPPY "COPY" <<'END'
FROM scratch
COPPY requirements.txt .
END
wrong 2 "no FROM" FROM <<'END'
RUN true
END
wrong 2 "an empty Dockerfile" Dockerfile </dev/null
wrong 2 "COPY with one word" Dockerfile:2 COPY <<'END'
FROM scratch
COPY requirements.txt
END
wrong 2 "an unknown flag" Dockerfile:2 "--chwon" <<'END'
FROM scratch
COPY --chwon=1:1 requirements.txt /
END
wrong 2 "an unknown stage" Dockerfile:2 "nostage" <<'END'
FROM scratch
COPY --from=nostage. / /
END
wrong 2 "bad expansion" Dockerfile:2 <<'END'
FROM scratch
ENV A=${B:?must be set}
END
wrong 1 "a command that is not there" Dockerfile:2 "no-such-command" 127 <<'END'
FROM busybox
RUN no-such-command --help
END
check_contains "and what its exit code means" "$err" "hint: exit code 127: the shell did not find a program"
wrong 1 "a file that cannot be executed" 126 "hint: exit code 126" "COPY --chmod=755" <<'END'
FROM busybox
RUN /etc
END
wrong 1 "an array in single quotes" "is not a JSON array" <<'END'
FROM busybox
RUN ['true', 'x']
END
wrong 1 "a test that fails" "exit code: 1" <<'END'
FROM busybox
RUN [ "$HOME" = "" ]
END
check_lacks "is no array written wrongly" "$err" "JSON"
wrong 1 "a killed command" "Dockerfile:2" KILL <<'END'
FROM busybox
RUN ["/bin/sh", "-c", "kill -9 $$"]
END
wrong 1 "no shell in scratch" Dockerfile:2 <<'END'
FROM scratch
RUN true
END

# Sources of COPY: what may have been meant, all of them at once, and before anything runs.
mkdir -p src && echo x >src/main.py
wrong 2 "a misspelt directory" "did you mean src/main.py?" <<'END'
FROM scratch
COPY scr/main.py .
END
wrong 2 "a file that is elsewhere" "did you mean src/main.py?" <<'END'
FROM scratch
COPY main.py .
END
wrong 2 "a file outside of the context" ".. does not lead out of it" <<'END'
FROM scratch
COPY ../other/thing .
END
wrong 2 "a comment behind an instruction" "a comment must be on a line of its own" <<'END'
FROM scratch
COPY requirements.txt # all of them
END
wrong 2 "several files that are missing" "COPY one: not in" "COPY two: not in" "ADD three: not in" <<'END'
FROM busybox
RUN echo minutes >/later
COPY one two /x/
ADD three /x/
END
check_lacks "nothing runs in vain" "$err" "] RUN"
printf '*.md\n' >.dockerignore && touch notes.md
wrong 2 "an ignored file" 'notes.md: excluded by .dockerignore:1 `*.md`' <<'END'
FROM scratch
COPY notes.md .
END
check_lacks "is told once" "$err" CopyIgnoredFile
printf '*.md\n  [a\n!\n' >.dockerignore
wrong 2 "an ignore file with mistakes" ".dockerignore:2" "syntax error in pattern '[a'" ".dockerignore:3" "illegal exclusion pattern" <<'END'
FROM scratch
COPY requirements.txt .
END
check_contains "is underlined" "$err" "     │   ^^"
rm .dockerignore

# pointed NAME MARKS NEEDLE <Dockerfile: the last excerpt underlines so many columns, and the message has the needle.
pointed() {
  dockerfile
  run cbuild .
  check_contains "$1: is told" "$err" "$3"
  check_equal "$1: is pointed to" "$2" "$(grep -F '^' <<<"$err" | tail -n 1 | tr -dc ^ | wc -c)"
}
pointed "a user that is not there" 6 "unable to find user nobdoy: no matching entries in passwd file" <<'END'
FROM busybox
USER nobdoy
RUN id
END
check_contains "the user that may have been meant" "$err" "did you mean nobody?"
pointed "several sources for one file" 2 "the destination must be a directory and end with a /" <<'END'
FROM busybox
COPY requirements.txt src/main.py /x
END
pointed "a directory over a file" 2 "cannot copy to non-directory: /y" <<'END'
FROM busybox
COPY requirements.txt /y
COPY src /y
END
pointed "a mount of what is not there" 3 "RUN --mount source scr: not in the build context (did you mean src?)" <<'END'
FROM busybox
RUN --mount=type=bind,source=scr,target=/x true
END
pointed "a secret that was not given" 4 "the secret 'tokn' is required" <<'END'
FROM busybox
RUN --mount=type=secret,id=tokn,required=true true
END
pointed "a pattern that is none" 2 "syntax error in pattern 'a['" <<'END'
FROM busybox
COPY a[ /x/
END
run cbuild --secret id=token,env=HOME -f - . <<<$'FROM busybox\nRUN --mount=type=secret,id=tokn,required true'
check_contains "the secret that may have been meant" "$err" "did you mean token?"
wrong 1 "single quotes in JSON" "strings in double quotes" <<'END'
FROM busybox
RUN ['ls', '-l']
END

# The last lines of long output are shown, not all of it.
dockerfile <<'END'
FROM busybox
RUN seq 1 5000; false
END
run cbuild .
check_contains "the end of long output is shown" "$err" 5000

# Terminal escapes from a step cannot reach the terminal.
dockerfile <<'END'
FROM busybox
RUN printf '\033]0;owned\007\033[2J' && false
END
run cbuild --progress plain .
check_lacks "escape sequences are made visible" "$err" $'\033]0'

mkdir "$T/somewhere"
check_status "a misspelt context" 2 cbuild "$T/somewhree"
check_contains "says what may have been meant" "$err" "path \"$T/somewhree\" not found (did you mean $T/somewhere?)"
dockerfile <<<"FROM scratch"
check_status "a misspelt Dockerfile" 2 cbuild --file Dockerfil .
check_contains "says which" "$err" "failed to read dockerfile: open Dockerfil: no such file or directory (did you mean Dockerfile?)"
check_status "a directory for a Dockerfile" 2 cbuild --file "$T/somewhere" .
check_contains "is told" "$err" "is a directory"
check_status "no such context" 2 cbuild "$T/nowhere"
check_contains "names it" "$err" nowhere
rm Dockerfile
check_status "no Dockerfile" 2 cbuild .
check_contains "says so" "$err" Dockerfile
dockerfile <<<"FROM localhost:1/no/such:image"
check_status "a registry that does not answer" 3 cbuild .
check_contains "says where" "$err" localhost:1
check_contains "and which line" "$err" Dockerfile:1
start_registry
dockerfile <<<"FROM $registry/no/such:image"
check_status "an image that is not there" 3 cbuild .
check_contains "says which" "$err" no/such

dockerfile <<<"FROM scratch"
check_status "a store that cannot be used" 4 cbuild --root /proc/nowhere .
check_equal "nothing was tagged in all this" 2 "$(cbuild inspect wrong >/dev/null 2>&1; echo $?)"
# What is no image, and what is no name.
rm -rf "$T/artifact"
mkdir "$T/artifact"
python3 "$tests_dir/forged_layout.py" manifest.artifact "$T/artifact"
dockerfile <<<"FROM base"
check_status "FROM an artifact" 2 cbuild --build-context base=oci-layout://"$T/artifact" "$T/context"
check_contains "says that it is none" "$err" "is not an image but an artifact of type"
check_status "load of an artifact" 2 cbuild load -i "$T/artifact"
check_contains "the same" "$err" "is not an image but an artifact of type"
id=$(printf 'a%.0s' {1..64})
for from in "FROM sha256:$id" "FROM $id" $'FROM scratch\nCOPY --from=sha256:'"$id / /"; do
  dockerfile <<<"$from"
  check_status "${from:0:4} and an ID" 2 cbuild "$T/context"
  check_contains "an ID is no name" "$err" "is an image ID, but a name is needed here"
done
dockerfile <<<"FROM base"
check_status "docker-image://ID" 2 cbuild --build-context base=docker-image://sha256:"$id" "$T/context"
check_contains "neither there" "$err" "is an image ID"
dockerfile <<<$'FROM busybox\nRUN --mount=type=secret,id=token false'
check_status "a step without its secret" 1 cbuild "$T/context"
check_contains "is told what it was not lent" "$err" "hint: the step has no secret 'token'"
dockerfile <<<$'FROM busybox\nRUN --mount=type=ssh false'
check_status "a step without its agent" 1 cbuild "$T/context"
check_contains "the same" "$err" "hint: the step has no ssh agent 'default'"
finish
