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
wrong 1 "a killed command" "Dockerfile:2" KILL <<'END'
FROM busybox
RUN ["/bin/sh", "-c", "kill -9 $$"]
END
wrong 1 "no shell in scratch" Dockerfile:2 <<'END'
FROM scratch
RUN true
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
finish
