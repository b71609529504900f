#!/usr/bin/env bash
# The documents we write are what the OCI image specification allows.
source "$(dirname "$0")/lib.sh"
need_base busybox
dockerfile <<'END'
FROM busybox AS tool
RUN echo x > /x
FROM busybox
LABEL org.opencontainers.image.title="a title" empty=""
ENV A=b C="d e"
COPY --from=tool /x /x
WORKDIR /srv
EXPOSE 80 443/tcp 53/udp
VOLUME ["/a", "/b"]
USER 1:2
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --retries=2 CMD true
SHELL ["/bin/sh", "-ec"]
ONBUILD RUN true
MAINTAINER somebody
ENTRYPOINT ["/bin/sh"]
CMD ["-c", "true"]
END
cd "$T" || exit
check "builds" cbuild -q -t full "$T/context"
cbuild -q -t empty - <<<"FROM scratch" >/dev/null 2>&1
for image in full empty busybox; do
  cbuild save --format oci-dir -o "layout-$image" "$image" 2>/dev/null
  check "$image: layout" python3 "$tests_dir/oci_schema.py" "layout-$image"
done
check "several images in one layout" cbuild save --format oci-dir -o both full empty
check "are valid" python3 "$tests_dir/oci_schema.py" both
check "build -o type=oci" cbuild -q -o type=oci,dest=out.tar,compression=zstd -t full "$T/context"
mkdir out && tar -C out -xf out.tar
check "is valid" python3 "$tests_dir/oci_schema.py" out

# The checker finds faults.
cp -r layout-full broken
manifest=$(json 'd["manifests"][0]["digest"]' <broken/index.json)
echo ' ' >>"broken/blobs/sha256/${manifest#sha256:}"
check_status "a changed blob is found" 1 python3 "$tests_dir/oci_schema.py" broken
finish
