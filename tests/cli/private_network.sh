#!/usr/bin/env bash
# The private network of RUN steps: what gets out, what of this machine is out of reach, and machines that have none.
source "$(dirname "$0")/lib.sh"
need_base busybox
need_base python
context=$T/context

# get URL: downloads to /out. busybox is static, and finds no names.
mkdir -p "$T/www" "$context"
cat >"$context/get" <<'END'
#!/usr/bin/env python3
import sys, urllib.request
try:
    open("/out", "wb").write(urllib.request.urlopen(sys.argv[1], timeout=5).read())
except OSError as error:
    sys.exit(str(error))
END
chmod +x "$context/get"
echo served >"$T/www/file"
start_file_server "$T/www"
port=${www##*:}

# --- this machine's loopback

dockerfile <<END
FROM python:3.11-slim
COPY get /bin/
RUN get $www/file
END
check_status "a server on loopback is out of reach" 1 cbuild build -t never "$context"
check "but with the host's network" cbuild build -q -t app --network host "$context"
check_equal "it is reached" served "$(file_of app /out)"
dockerfile <<END
FROM python:3.11-slim
COPY get /bin/
RUN --network=host get $www/file
END
check "and where a step alone has it" cbuild build -q -t app --allow network.host --no-cache "$context"
dockerfile <<END
FROM python:3.11-slim
COPY get /bin/
RUN get http://gate:$port/file
END
check "a name for this machine reaches it" cbuild build -q -t app --add-host gate:host-gateway "$context"
check_equal "by an address of the network" served "$(file_of app /out)"
check "in the host's network, too" cbuild build -q --no-cache --network host --add-host gate:host-gateway "$context"

# --- link-local addresses

dockerfile <<'END'
FROM python:3.11-slim
COPY get /bin/
RUN ! get http://169.254.169.254/latest/meta-data 2> /why
END
check "the metadata address of a cloud is out of reach" cbuild build -q -t app "$context"
check_contains "as unreachable" "$(file_of app /why)" "No route to host"

# --- the namespace

dockerfile <<'END'
FROM busybox
RUN readlink /proc/self/ns/net > /first; cat /etc/resolv.conf > /resolv
RUN readlink /proc/self/ns/net > /second
RUN --network=none readlink /proc/self/ns/net > /none
USER 33
RUN httpd -p 127.0.0.1:80 -h /etc && printf 'GET /passwd HTTP/1.0\r\n\r\n' | nc 127.0.0.1 80 | grep -q root:
END
check "builds" cbuild build -q --no-cache -t app "$context"
first=$(file_of app /first)
check_equal "the steps of a build share their network" "$first" "$(file_of app /second)"
check_differ "with no other" "$first" "$(file_of app /none)"
check_differ "and not with this machine" "$first" "$(readlink /proc/self/ns/net)"
check_equal "they ask a resolver of their own" 1 "$(file_of app /resolv | grep -cE '^nameserver 10\.89\.[0-9]+\.1$')"

dockerfile <<'END'
FROM busybox
RUN cat /etc/resolv.conf > /resolv
END
check "with servers of one's own" cbuild build -q -t app --no-cache --network host --dns 192.0.2.53 --dns 2001:db8::53 "$context"
check_equal "they are those of resolv.conf" $'192.0.2.53\n2001:db8::53' "$(file_of app /resolv | sed -n 's/^nameserver //p')"
check_status "a server by name" 2 cbuild build --dns dns.example "$context"
check_contains "is refused" "$err" "--dns 'dns.example': want an IPv4 or IPv6 address"

dockerfile <<'END'
FROM busybox
COPY get /bin/
END
# with_resolv_conf FILE COMMAND…: in a mount namespace of its own.
with_resolv_conf() {
  local own=(unshare --mount)
  [[ $mode == root ]] || own=(unshare --map-root-user --map-auto --mount)
  "${own[@]}" sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$@"
}
head -c 100000 /dev/zero | tr '\0' '#' >"$T/endless"
check "a build without RUN does not read resolv.conf" with_resolv_conf "$T/endless" "$CBUILD" build --no-cache "$context"
dockerfile <<'END'
FROM busybox
RUN cat /etc/resolv.conf > /resolv
END
check_status "one with RUN does" 4 with_resolv_conf "$T/endless" "$CBUILD" build --no-cache "$context"
check_contains "and names the file that is too large" "$err" /etc/resolv.conf

# --- machines that have none

# without_networks COMMAND…: network namespaces are forbidden, by the limit of a user namespace that has the ids of this one.
without_networks() {
  local forbid='echo 0 >/proc/sys/user/max_net_namespaces; exec "$0" "$@"'
  if [[ $mode == user ]]; then
    unshare --map-root-user --map-auto sh -c "$forbid" "$@"
    return
  fi
  nsenter --user --target "$same_ids" sh -c "$forbid" "$@"
}
if [[ $mode == root ]]; then
  in_background unshare --user sleep 1000
  same_ids=$pid
  until [[ $(readlink "/proc/$pid/ns/user") != "$(readlink /proc/self/ns/user)" ]]; do sleep 0.05; done
  echo '0 0 4294967295' | tee "/proc/$pid/uid_map" >"/proc/$pid/gid_map"
fi
check "without network namespaces" without_networks "$CBUILD" build --no-cache -t app "$context"
check_contains "a warning says what steps use" "$err" "RUN steps use the network of this machine"
check_equal "once" 1 "$(grep -c "network of this machine" <<<"$err")"
check_status "or it is refused" 4 without_networks "$CBUILD" build --no-cache --strict-network "$context"
check_contains "with the reason" "$err" "RUN steps cannot have a private network: make a network namespace"
check_contains "and what to do" "$err" "hint: without --strict-network"
check "steps without network do not need it" without_networks "$CBUILD" build --no-cache --strict-network --network host "$context"
finish
