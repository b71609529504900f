#!/usr/bin/env bash
# import: a directory or a tar, in any compression, is an image.
source "$(dirname "$0")/lib.sh"
mkdir -p "$T/root"/{bin,etc}
echo data >"$T/root/etc/data"
printf 'x' >"$T/root/bin/tool" && chmod 0755 "$T/root/bin/tool"
ln -s data "$T/root/etc/link"
ln "$T/root/etc/data" "$T/root/etc/hard"
cd "$T" || exit
tar -C root --owner=7 --group=8 --numeric-owner -cf plain.tar .
gzip -k plain.tar && bzip2 -k plain.tar && xz -k plain.tar && zstd -q plain.tar
ids=
for suffix in '' .gz .bz2 .xz .zst; do
  check "imports plain.tar$suffix" cbuild import "plain.tar$suffix" "from$suffix:1"
  ids+="$(cbuild inspect "from$suffix:1" | json 'd[0]["RootFS"]["Layers"]')"$'\n'
done
check_equal "all have the same layer" 1 "$(sort -u <<<"$ids" | grep -c .)"
check "imports from stdin" cbuild import - piped:1 <plain.tar
check "imports a directory" cbuild import root dir:1
check_equal "owners, modes and links of a tar are kept" "\
-rwxr-xr-x 7/8 1 bin/tool
lrwxrwxrwx 7/8 0 etc/link -> data" "$(files_of from:1 bin/tool etc/link)"
check_equal "hard links stay links" 1 "$(files_of from:1 | grep -c '^h.*link to')"
check "is a base" cbuild -q -t built - <<<"FROM from:1
LABEL a=b"
run cbuild import /etc/passwd bad:1
check_differ "what is no tar is refused" 0 "$status"
check_contains "and named" "$err" /etc/passwd
run cbuild import nowhere.tar bad:1
check_differ "a file that is not there" 0 "$status"
check_contains "is named" "$err" nowhere.tar
head -c 5000 plain.tar >cut.tar
run cbuild import cut.tar bad:1
check_differ "a cut tar is refused" 0 "$status"
check_status "nothing is left of it" 2 cbuild inspect bad:1

# Hostile tars.
python3 - <<'END'
import io, tarfile
def make(name, *entries):
    with tarfile.open(name, "w") as tar:
        for path, kind, link in entries:
            info = tarfile.TarInfo(path)
            info.type, info.linkname = kind, link
            data = b"owned\n" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
make("dotdot.tar", ("../../escaped", tarfile.REGTYPE, ""))
make("absolute.tar", ("/tmp/escaped-absolute", tarfile.REGTYPE, ""))
make("through.tar", ("way", tarfile.SYMTYPE, "/tmp"), ("way/escaped-through", tarfile.REGTYPE, ""))
make("hard.tar", ("host", tarfile.LNKTYPE, "/etc/hostname"))
END
for tar in dotdot absolute through hard; do
  run cbuild import "$tar.tar" "$tar:1"
  if [[ $status != 0 || $tar != hard ]]; then ok "$tar.tar does no harm"; else not_ok "$tar.tar is refused"; fi
done
check_equal "no file came out" "" "$(ls -d /tmp/escaped* "$T"/escaped* "$T"/../escaped* 2>/dev/null)"
finish
