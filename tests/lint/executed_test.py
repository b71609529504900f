#!/usr/bin/env python3
"""Tests of executed.py and commands.py: which programs are found in a text, and what is said of them."""

import sys

from commands import fault_of
from executed import PythonFile, Script, need_shfmt, programs_of_cpp, programs_of_meson

SHELL = [
    ("commands, pipes, substitutions", 'a | b && c "$(d)" <(e) || { f; } &', "a b c d e f"),
    ("what a builtin does is no program", 'cd x && echo "y" && [[ -e z ]] && read -r v && export P=$(q)', "q"),
    ("assignments before a command", "LANG=C sort x", "sort"),
    ("quotes and paths", "'so'rt; \"/usr/bin/time\" true", "sort time"),
    ("not the text of a heredoc, but what it runs", "cat <<E\nRUN x\n$(y)\nE\n", "cat y"),
    ("not a quoted heredoc, not a comment", "cat <<'E' # z\n$(y)\nE\n", "cat"),
    ("functions", "f() { g; }; f x", "g"),
    ("functions that run their words", 'r() { "$@"; }; c() { local n=$1; shift; r "$@"; }; c name gzip x', "gzip"),
    ("variables before their words", 'r() { env A=1 "$@"; }; r B=/x.crt C="$d" xz', "env xz"),
    ("a function of the program's name", 'skopeo() { command skopeo "$@"; }; skopeo x', "skopeo"),
    ("commands in arrays", 'a=(setpriv --reuid "$u" -- env X=1); "${a[@]}" tar x', "setpriv env tar"),
    ("other arrays are none", "packages=(g++ git); install_them", "install_them"),
    ("programs that run programs", "sudo -u root env -u A B=1 timeout -s KILL 3 flock /f xz", "sudo env timeout flock xz"),
    ("more of them", "unshare --mount strace -e open -o log nice -n 3 git; ls | xargs -0 -n 1 rm", "unshare strace nice git ls xargs rm"),
    ("options in arrays, and with variables", 'o=(-u x); p=(); strace "${o[@]}" -s "$n" "${p[@]}" git; setpriv --reuid="$u" rm', "strace git setpriv rm"),
    ("shells", "bash -c 'a; b'; sh -c \"c | d\"", "bash sh a b c d"),
    ("what a shell is given", "r() { bash -c 'shift && \"$@\"' bash \"$1\" \"$CBUILD\" \"$@\"; }; r images", "bash"),
    ("and runs", "sh -c 'exec \"$@\"' sh xz", "sh xz"),
    ("descriptors", 'exec {a[1]}>&-', ""),
    ("trap, eval, exec", "trap 'rm -f x' EXIT; trap - INT; eval 'a b'; exec c", "rm a c"),
    ("find", "find . -name x -exec chmod 0644 {} +", "find chmod"),
    ("who asks uses", "command -v clang++ >/dev/null || exit 77", "clang++"),
    ("variables are not followed", '"$program" x; $other y', ""),
    ("the interpreter", "#!/usr/bin/env bash\na\n", "a bash env"),
]

PYTHON = [
    ("subprocess", "import subprocess\nsubprocess.run(['git', x])\nsubprocess.Popen(['/usr/bin/time', *y])", "git time"),
    ("through a function", "import subprocess\ndef run(c):\n  subprocess.run(c)\nrun(['xz'])", "xz"),
    ("behind words", "import subprocess\ndef run(c):\n  subprocess.run(['time', *c])\nrun(['xz'])", "time xz"),
    ("lists that are returned", "import os\ndef c(*w):\n  return ['tar', *w]\nos.execvp(c('x'))", "tar"),
    ("shells", "import subprocess\nsubprocess.run(['unshare', 'sh', '-c', 'rm -rf \"$0\"', path])", "unshare sh rm"),
    ("other lists are none", "print(['git'])", ""),
]

FAULTS = [
    ("bzip2", {"git"}, "bzip2: bzip2 is not in the list of scripts/setup-debian.sh"),
    ("bzip2", {"bzip2"}, None),
    ("clang++", {"clang"}, "clang++: libclang-rt-dev is not in the list of scripts/setup-debian.sh"),
    ("sed", set(), None),
    ("frobnicate", {"git"}, "frobnicate: no known package; add it to tests/lint/packages.py and scripts/setup-debian.sh"),
    ("npm", {"git"}, "npm is not asked for by 'command -v' first"),
]


def main():
    need_shfmt()
    rows = [(name, Script("text", text).programs(), want) for name, text, want in SHELL]
    rows += [(name, PythonFile("text", text).programs() - {"python3"}, want) for name, text, want in PYTHON]
    rows.append(("C++ that spawns", programs_of_cpp('posix_spawnp(x); run({"openssl", "req"});'), "openssl"))
    rows.append(("C++ that does not", programs_of_cpp('names({"openssl", "req"});'), ""))
    rows.append(("meson", programs_of_meson("x = find_program('busybox', required: false)"), "busybox"))
    failed = False
    for name, found, want in rows:
        good = found == set(want.split())
        failed |= not good
        print(f"{'ok' if good else 'not ok'} - {name}" + ("" if good else f"\n#   wanted: {want}\n#   got: {' '.join(sorted(found))}"))
    for program, installed, want in FAULTS:
        got = fault_of(program, "", set(), installed)
        failed |= got != want
        print(f"{'ok' if got == want else 'not ok'} - {program} with {installed}" + ("" if got == want else f"\n#   got: {got}"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
