#!/usr/bin/env bash
# A network of its own for RUN: to be completed with the network's own checks.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
need_base
machine=$(readlink /proc/self/ns/net)
run build --network none <<<$'FROM busybox\nRUN echo "net: $(readlink /proc/self/ns/net)"; ls /sys/class/net'
check_equal "RUN with --network none succeeds" 0 "$status"
[[ $out == *net:* && $out != *"$machine"* ]] && ok "--network none is another network" ||
  not_ok "--network none is another network" "$out"
mkdir "$work/www"
echo reached >"$work/www/index.html"
port=$((EUID + 8000))
busybox httpd -f -p "127.0.0.1:$port" -h "$work/www" &
server=$!
run build <<DOCKERFILE
FROM busybox
RUN echo "net: \$(readlink /proc/self/ns/net)"
RUN wget -q -T 5 -O - http://127.0.0.1:$port/ || echo not reached
DOCKERFILE
check_equal "RUN with the default network succeeds" 0 "$status"
note "the default network is $(grep -qF "net: $machine" <<<"$out" && echo "the machine's" || echo "another")"
note "the machine's loopback is $(grep -oE '(not )?reached$' <<<"$out" | tail -n 1) by default"
kill "$server"
