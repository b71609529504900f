#!/usr/bin/env bash
# Somebody else runs what we built: podman starts the image with its own command, and it answers a request.
source "$(dirname "$0")/lib.sh"
need_peer_machine podman
need_base python
need_base busybox
start_registry
image=$registry/voting/vote:1
check "builds vote" cbuild -t "$image" "$source_dir/testdata/voting-app/vote"
check "pushes it" cbuild push "$image"

# The cgroups of this machine may not be ours to make.
podman_run=(podman run --tls-verify=false --network host --cgroups=disabled)
port=$(free_port)
in_background "${podman_run[@]}" --name vote --env PORT="$port" --env REDIS_HOST=127.0.0.1 "$image" >"$T/vote.log" 2>&1
answers() { curl -fsS "http://127.0.0.1:$port/healthz"; }
check "vote answers under podman" wait_until 60 answers
[[ $status == 0 ]] || _quote <"$T/vote.log"
check "and is stopped" podman stop --time 5 vote

dockerfile <<'END'
FROM busybox
ENV GREETING="hello you"
WORKDIR /srv
RUN echo page > index.html && echo web:x:1234:1234::/:/bin/sh >> /etc/passwd && chown -R web /srv
USER web
ENTRYPOINT ["sh", "-c"]
CMD ["id -u; pwd; echo $GREETING; cat index.html; stat -c %u ."]
END
check "builds an image with user, directory and entry point" cbuild -t "$registry/small:1" "$T/context"
check "saves it" cbuild save --format docker-archive -o "$T/small.tar" "$registry/small:1"
check "podman loads it" podman load -q -i "$T/small.tar"
check "podman runs it" "${podman_run[@]}" --rm "$registry/small:1"
check_equal "as its config says" "1234
/srv
hello you
page
1234" "$out"

finish
