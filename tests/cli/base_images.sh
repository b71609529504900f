#!/usr/bin/env bash
# scripts/base-images.sh makes a base anew when what it is made of has changed, and only then. What makes the root file
# system (mmdebstrap) is replaced by a program that counts.
source "$(dirname "$0")/lib.sh"

mkdir -p "$T/bin" "$T/apt/parts" "$T/scripts"
cp "$source_dir"/scripts/*.sh "$T/scripts/"
cat >"$T/bin/mmdebstrap" <<'END'
#!/usr/bin/env bash
while [[ $1 != *.tar ]]; do shift; done
kind=$(basename "$1" .tar)
tar -cf "$1" -T /dev/null
cp "$(dirname "$1")/sources.list" "$TMPDIR/sources.$kind"
cp "$(dirname "$1")/npmrc" "$TMPDIR/npmrc.$kind"
cp "$(dirname "$1")/certificates" "$TMPDIR/certificates.$kind"
echo "$kind" >>"$TMPDIR/made"
[[ ! -e $TMPDIR/broken ]] || { echo "E: no mirror" >&2 && exit 1; }
END
chmod 0755 "$T/bin/mmdebstrap"
# apt's sources of the test.
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources >"$T/apt/parts/a.sources" 2>/dev/null
printf 'Dir::Etc::sourceparts "%s";\n' "$T/apt/parts" >"$T/apt/apt.conf"
printf '#!/bin/sh\necho "deb http://deb.example/debian stable main"\n' >"$T/bin/apt-get"
# npm would ask its registry for itself.
printf '#!/bin/sh\nexit 1\n' >"$T/bin/npm"
chmod 0755 "$T/bin/apt-get" "$T/bin/npm"

# making [VARIABLE=VALUE…] KIND…: which bases were made.
making() {
  rm -f "$T/made"
  run env PATH="$T/bin:$PATH" APT_CONFIG="$T/apt/apt.conf" CBUILD_BASES="$T/bases" "$@"
  made=$(sort "$T/made" 2>/dev/null | xargs)
}
bases=("$T/scripts/base-images.sh" python node)

making "${bases[@]}"
check_equal "bases are made" "node python" "$made"
check_equal "standard output is their paths" "$T/bases/python.tar $T/bases/node.tar" "$(xargs <<<"$out")"
check_contains "standard error tells of the work" "$err" "python.tar: 0 MB in"
making "${bases[@]}"
check_equal "and kept" "0:" "$status:$made"

echo "# a comment" >>"$T/apt/parts/a.sources"
making "${bases[@]}"
check_equal "a comment in apt's sources is nothing new" "" "$made"
printf 'Types: deb\nURIs: http://deb.example/debian\nSuites: stable\nComponents: main\n' >"$T/apt/parts/b.sources"
making "${bases[@]}"
check_equal "another package source is" "node python" "$made"
echo 'Acquire::http::Proxy "http://127.0.0.1:9";' >>"$T/apt/apt.conf"
making "${bases[@]}"
check_equal "so is a proxy of apt" "node python" "$made"

echo 'registry = "http://npm.example/"' >"$HOME/.npmrc"
making "${bases[@]}"
check_equal "npm's registry counts for Node.js" node "$made"
check_equal "and reaches the image" "registry=http://npm.example/" "$(grep registry "$T/npmrc.node")"
printf '//npm.example/:_authToken=secret\nfund=false\n' >>"$HOME/.npmrc"
making "${bases[@]}"
check_equal "tokens and tastes do not" "" "$made"
making npm_config_registry=http://other.example/ "${bases[@]}"
check_equal "the environment does, before the file" "node registry=http://other.example/" "$made $(grep registry "$T/npmrc.node")"
making NPM_CONFIG_USERCONFIG=/nonexistent HTTPS_PROXY=http://127.0.0.1:9 "${bases[@]}"
check_equal "so do another npmrc, and proxies" "node https-proxy=http://127.0.0.1:9" "$made $(grep proxy "$T/npmrc.node")"
making "${bases[@]}"
check_equal "and what it was before" node "$made"

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/company.pem" -days 2 -subj "/CN=company" 2>/dev/null
making NODE_EXTRA_CA_CERTS="$T/company.pem" "${bases[@]}"
check_equal "a certificate authority counts for both" "node python" "$made"
company=$(grep -v CERTIFICATE "$T/company.pem" | tr -d '\n')
check "and reaches the image" grep -qx "$company" "$T/certificates.python"
making NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "${bases[@]}"
check_equal "without it they are made without" "node python" "$made"
making "${bases[@]}"
check_equal "what is trusted anyway is nothing new" "" "$made"
echo "cafile=$T/company.pem" >>"$HOME/.npmrc"
making "${bases[@]}"
check_equal "npm's cafile counts" "node python" "$made"

echo >>"$T/scripts/base-images.sh"
making "${bases[@]}"
check_equal "so does the script" "node python" "$made"

making "$T/scripts/base-images.sh" busybox
check_equal "busybox needs none of it" "$T/bases/busybox.tar" "$out"
touch "$T/broken"
rm "$T/bases/python.tar"
making "$T/scripts/base-images.sh" python
check_equal "without a mirror none is made" 1 "$status"
check_contains "which is said" "$err" "E: no mirror"
check_contains "with advice" "$err" "is the Debian mirror in reach"
check_equal "nothing is left of it" "busybox.recipe busybox.tar node.recipe node.tar python.recipe" "$(cd "$T/bases" && echo *)"
rm "$T/broken"
making "$T/scripts/base-images.sh" python
check_equal "until there is one" "0:python" "$status:$made"

finish
