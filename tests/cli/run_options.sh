#!/usr/bin/env bash
# Options of build that are about RUN: --add-host, --shm-size, --ulimit, --network, --allow, builder arguments.
source "$(dirname "$0")/lib.sh"
need_base busybox
context=$T/context

dockerfile <<'END'
FROM busybox
RUN grep -v '^ff02' /etc/hosts > /hosts.txt; df -k /dev/shm | awk 'NR == 2 {print $2}' > /shm; ulimit -Sn > /soft; ulimit -Hn > /hard
END
check "lends hosts and limits" cbuild build -q -t app --add-host db:10.1.2.3 --add-host=v6=[fe80::1] \
  --add-host gate:host-gateway --shm-size 8m --ulimit nofile=200:300 "$context"
check_equal "hosts" $'127.0.0.1\tlocalhost buildkitsandbox
::1\tlocalhost ip6-localhost ip6-loopback
10.1.2.3\tdb
fe80::1\tv6
10.89.N.3\tgate' "$(file_of app /hosts.txt | sed -E 's/^10\.89\.[0-9]+\./10.89.N./')"
check_equal "size of /dev/shm" 8192 "$(file_of app /shm)"
check_equal "limits" "200 300" "$(file_of app /soft) $(file_of app /hard)"
check_equal "/etc/hosts is not in the image" "missing etc/hosts" "$(files_of app etc/hosts)"
check "without them" cbuild build -q -t plain "$context"
check_equal "no step runs again" "$(image_id app)" "$(image_id plain)"
hard=$(ulimit -Hn)
if [[ $hard =~ ^[0-9]+$ ]]; then
  more=(cbuild build --no-cache -t app --ulimit "nofile=$((hard + 1))" "$context")
  if [[ $mode == root ]] && (ulimit -Hn $((hard + 1))) 2>/dev/null; then
    check "root may give more than it has" "${more[@]}"
    check_equal "and does" "$((hard + 1))" "$(file_of app /hard)"
  else
    check_status "more than this process may give" 4 "${more[@]}"
    check_contains "is refused" "$err" "--ulimit nofile=$((hard + 1)): this process may give $hard at most"
    check_contains "with what to do" "$err" "hint: raise the hard limit"
  fi
fi
check_status "an unknown limit" 2 cbuild build --ulimit nofil=1 "$context"
check_contains "with what was meant" "$err" "did you mean nofile?"
check_status "a wrong address" 2 cbuild build --add-host db:10.1.2 "$context"
check_status "a wrong size" 2 cbuild build --shm-size big "$context"

dockerfile <<'END'
FROM busybox
RUN hostname > /name && echo "$HOSTNAME" >> /name && grep -c "localhost.* box" /etc/hosts >> /name
END
check "a host name of one's own" cbuild build -t app --build-arg BUILDKIT_SANDBOX_HOSTNAME=box "$context"
check_equal "is everywhere" $'box\nbox\n1' "$(file_of app /name)"
check_lacks "and a known argument" "$err" "no ARG takes"
check_equal "it is not in the image" "missing etc/hostname" "$(files_of app etc/hostname)"

dockerfile <<'END'
FROM busybox
RUN --network=none ls /sys/class/net > /none
RUN --network=default ls /sys/class/net > /default
RUN ls /sys/class/net > /unset
END
check "networks" cbuild build -q -t app "$context"
check_equal "none is loopback only" lo "$(file_of app /none)"
check "networks, none by default" cbuild build -q -t app --network none "$context"
check_equal "RUN --network=default is what the flag says" "lo lo lo" \
  "$(file_of app /none) $(file_of app /default) $(file_of app /unset)"

dockerfile <<'END'
FROM busybox
RUN --network=host true
END
check_status "the network of the host" 2 cbuild build "$context"
check_contains "is asked for" "$err" "build with --allow network.host"
check_contains "with its line" "$err" Dockerfile:2
check "and allowed" cbuild build -q --allow network.host "$context"
check "or meant by --network host" cbuild build -q --network host "$context"
check_status "what cannot be allowed" 2 cbuild build --allow network.hots "$context"
check_contains "with what was meant" "$err" "did you mean network.host?"
dockerfile <<'END'
FROM busybox
RUN --security=insecure true
END
check_status "privileges" 2 cbuild build "$context"
check_contains "are not given" "$err" "--security=insecure is not allowed"
check_status "even when they are allowed" 2 cbuild build --allow security.insecure "$context"
check_contains "as is told" "$err" "is not supported, even with --allow security.insecure"
dockerfile <<'END'
FROM busybox
RUN --device=vendor.com/class=name true
END
check_status "devices" 2 cbuild build "$context"
check_contains "are not lent" "$err" "--device is not supported"
finish
