#!/usr/bin/env bash
# The cases of testdata/compare and testdata/dockerfile/good, each built in every way that can be had here: with all ids, with
# one id, with copies instead of overlays, by chroot, and, where there is no RUN, without any isolation. The image ID is the
# same everywhere, and so is the exit code of what fails.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
need_base busybox
export SOURCE_DATE_EPOCH=1700000000

# build_all WAY: "CASE CODE ID" of every case.
build_all() {
  local way=$1 directory name id store=$T/store-$1 options
  [[ $way != copies ]] || store=$T/copies/m/store
  "$CBUILD" --root "$store" import "$T/busybox.tar" busybox >/dev/null 2>&1 || echo "no base"
  for name in debian debian:{12,13} python:3.11-slim alpine service:1 onbuild:1 bare:1; do
    "$CBUILD" --root "$store" tag busybox "$name"
  done
  for directory in "$T"/cases/*/; do
    name=$(basename "$directory")
    mapfile -t options <"$T/options/$name"
    id=$("$CBUILD" --root "$store" build -q "${options[@]}" "$directory" 2>"$T/log-$way-$name")
    echo "$name $? $id"
  done
}

# flags_of FILE: those that the lines of a case of dockerfile/good stand for, one a line.
flags_of() {
  local key value
  while read -r key value; do
    case $key in
      context) printf '%s\n' --build-context "${value%%=*}=$([[ $value == *=image ]] && echo docker-image://busybox || echo "$T/context")" ;;
      no-cache) echo --no-cache ;;
      *) printf '%s\n' "--$key" "$value" ;;
    esac
  done <"$1"
}

mkdir -p "$T"/{cases,options,context/sub}
for directory in "$source_dir"/testdata/compare/*/; do
  name=$(basename "$directory")
  # An ordinary user cannot make what these copy.
  [[ $EUID == 0 || $name != copy-strange-entries && $name != copy-forms ]] || continue
  cp -a "$directory" "$T/cases/$name"
  (cd "$T/cases/$name" && [[ ! -e prepare.sh ]] || bash prepare.sh) || not_ok "$name is prepared"
  cat "$directory/options" 2>/dev/null | tr -s ' ' '\n' >"$T/options/$name"
  rm -f "$T/cases/$name"/{options,differences,prepare.sh}
done
# What these copy, as far as names are common; what else they name is not there, in no way.
echo x >"$T/context/file"
for name in a b c app.conf index.html main.c package.json sub/file; do echo "$name" >"$T/context/$name"; done
tar -C "$T/context" -cf "$T/context/with blank.tar" a sub
gzip -c "$T/context/with blank.tar" >"$T/context/app.tar.gz"
for directory in "$source_dir"/testdata/dockerfile/good/*/; do
  ! grep -qE 'https?://|git@|ssh://' "$directory/Dockerfile" || continue # no server
  name=good-$(basename "$directory")
  cp -a "$T/context" "$T/cases/$name"
  cp "$directory/Dockerfile" "$T/cases/$name/"
  : >"$T/options/$name"
  [[ ! -e $directory/options ]] || flags_of "$directory/options" >"$T/options/$name"
done
mkdir -p "$T/cases/no-run/tree/sub"
: >"$T/options/no-run"
echo x >"$T/cases/no-run/tree/file"
ln -s file "$T/cases/no-run/tree/sub/link"
tar -C "$T/cases/no-run" -cf "$T/cases/no-run/archive.tar" tree
cat >"$T/cases/no-run/Dockerfile" <<'DOCKERFILE'
FROM busybox AS stage
COPY --chown=12:34 --chmod=4711 tree /owned
ADD --chown=5:6 archive.tar /bin/../added
FROM busybox
COPY --from=stage /owned /added /all/
WORKDIR /all/deeper
USER 7:8
DOCKERFILE
cp "$CBUILD_BASES/busybox.tar" "$T/busybox.tar"
export -f build_all
export T
ways=(one-id copies)
[[ $EUID != 0 ]] || ways+=(chroot)

build_all all-ids >"$T/ids-all-ids"
echo "# $(grep -c ' 0 sha256:' "$T/ids-all-ids") images, $(grep -vc ' 0 sha256:' "$T/ids-all-ids") failures"
check_equal "every case of compare is built" "" "$(grep -v -e ' 0 sha256:' -e '^good-' "$T/ids-all-ids")"
for way in "${ways[@]}"; do
  isolated_by "$way" bash -c "build_all $way" >"$T/ids-$way" 2>"$T/err-$way"
  check_equal "$way: the images are those of all ids" "$(cat "$T/ids-all-ids")" "$(cat "$T/ids-$way")"
done
isolated_by none bash -c 'build_all none' >"$T/ids-none"
check_equal "none: what has no RUN is the same" "" "$(grep ' 0 sha256:' "$T/ids-none" | grep -vxFf "$T/ids-all-ids")"
check_less "none: and is built" 40 "$(grep -c ' 0 sha256:' "$T/ids-none")" "images"
check_equal "none: a RUN is refused" "run-forms 4 " "$(grep '^run-forms ' "$T/ids-none")"
check_equal "none: the message names what was asked for" 1 "$(grep -c 'RUN is not possible with --isolation none' "$T/log-none-run-forms")"
run cbuild doctor
check_equal "doctor: everything works here" "0 Everything works here." "$status $(tail -n 1 <<<"$out")"
check_contains "doctor: names the isolation" "$out" "isolation of RUN          namespaces"
run cbuild --isolation none doctor --format json
check_equal "doctor: says that nothing can be run" "1 no" \
  "$status $(python3 -c 'import json,sys; print(next(f["State"] for f in json.load(sys.stdin) if "RUN" in f["Subject"]))' <<<"$out")"
check_contains "doctor: prints a profile" "$(cbuild doctor --print apparmor)" "userns,"
check_contains "doctor: prints what a pod needs" "$(cbuild doctor --print pod)" "procMount: Unmasked"
finish
