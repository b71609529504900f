#!/usr/bin/env bash
# An image from nothing: what is copied and what is said of it, results on stdout, files for scripts.
source "$(dirname "$0")/lib.sh"

dockerfile <<'END'
FROM scratch
ARG VERSION=1
LABEL version=$VERSION  vendor="The Example Company"
ENV LANG=C.UTF-8 GREETING="hello world"
COPY hello.txt /
WORKDIR /srv/data
COPY hello.txt ./copy.txt
EXPOSE 80 53/udp
VOLUME /srv/data
USER 1000:1000
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/app"]
CMD ["--serve"]
END
echo hello >"$T/context/hello.txt"

run cbuild -t first:1 "$T/context"
check_equal "builds without the word 'build'" 0 "$status"
check_equal "writes nothing to stdout" "" "$out"
check_contains "tells its steps on stderr" "$err" "COPY hello.txt"

run cbuild build -q -t first:1 -t first:latest --iidfile "$T/iid" "$T/context"
check_equal "-q prints the image ID and nothing else" "$(cat "$T/iid")" "$out"
check_contains "the ID is a digest" "$out" "sha256:"
check_status "an option that is not built is refused" 2 cbuild --cache-to type=inline "$T/context"
check_contains "by name" "$err" --cache-to
check_equal "both tags are the image" "$(image_id first:1)" "$(image_id first:latest)"
check_equal "the ID is that of inspect" "$(cat "$T/iid")" "$(image_id first)"

cbuild inspect --config first >"$T/config.json"
check_equal "the ID is the digest of the config" "sha256:$(sha256sum <"$T/config.json" | cut -d ' ' -f 1)" "$(cat "$T/iid")"
config() { json "$1" <"$T/config.json"; }
check_equal "LABEL with a build argument" 1 "$(config 'd["config"]["Labels"]["version"]')"
check_equal "LABEL with blanks" "The Example Company" "$(config 'd["config"]["Labels"]["vendor"]')"
check_equal "ENV" '["LANG=C.UTF-8", "GREETING=hello world"]' "$(config '[e for e in d["config"]["Env"] if not e.startswith("PATH=")]')"
check_equal "EXPOSE" '["53/udp", "80/tcp"]' "$(config 'sorted(d["config"]["ExposedPorts"])')"
check_equal "VOLUME" '["/srv/data"]' "$(config 'list(d["config"]["Volumes"])')"
check_equal "WORKDIR" /srv/data "$(config 'd["config"]["WorkingDir"]')"
check_equal "USER" 1000:1000 "$(config 'd["config"]["User"]')"
check_equal "STOPSIGNAL" SIGINT "$(config 'd["config"]["StopSignal"]')"
check_equal "ENTRYPOINT and CMD" '[["/bin/app"], ["--serve"]]' "$(config '[d["config"]["Entrypoint"], d["config"]["Cmd"]]')"
check_equal "platform" '["amd64", "linux"]' "$(config '[d["architecture"].replace("arm64", "amd64"), d["os"]]')"
check_equal "as many layers as history says" True "$(config 'str(len(d["rootfs"]["diff_ids"]) == len([h for h in d["history"] if not h.get("empty_layer")]))')"

check_equal "files, owners and modes" "\
-rw-r--r-- 0/0 6 hello.txt
drwxr-xr-x 0/0 0 srv/data/
-rw-r--r-- 0/0 6 srv/data/copy.txt" "$(files_of first hello.txt srv/data/ srv/data/copy.txt)"
check_equal "content" hello "$(file_of first /hello.txt)"

run cbuild -q -t empty - <<<"FROM scratch"
check_equal "a Dockerfile from stdin" 0 "$status"
check_equal "an image without files" "" "$(files_of empty)"

mkdir "$T/elsewhere"
mv "$T/context/Dockerfile" "$T/elsewhere/Dockerfile.other"
check "-f names another Dockerfile" cbuild -q -f "$T/elsewhere/Dockerfile.other" "$T/context"
check_equal "the same image as before" "$(cat "$T/iid")" "$out"
cd "$T/context" && check "-f - reads it from stdin" cbuild -q -f - . <"$T/elsewhere/Dockerfile.other"
check_equal "and again the same image" "$(cat "$T/iid")" "$out"
finish
