#!/usr/bin/env bash
# What a RUN step cannot reach of the host, and machines on which it cannot run at all.
source "$(dirname "$0")/lib.sh"
need_base busybox

# in_own_mounts SCRIPT: root in a mount namespace of its own.
in_own_mounts() {
  local own=(unshare --mount)
  [[ $mode == root ]] || own=(unshare --map-root-user --map-auto --mount)
  "${own[@]}" bash -euc "$1"
}

# --- a store that cannot hold what RUN writes

dockerfile <<'END'
FROM busybox
RUN echo begun
END
export CBUILD CBUILD_BASES CBUILD_ROOT
check_status "with a store on overlayfs a step runs in a copy" 0 in_own_mounts '
  mkdir lower upper work merged
  mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work none merged
  export CBUILD_ROOT=$PWD/merged/store
  "$CBUILD" import "$CBUILD_BASES/busybox.tar" busybox >/dev/null 2>&1
  "$CBUILD" build -t never context'
check_contains "with a warning" "$err" "warning: RUN works on copies of root file systems"

# --- machines that do not let a step be

dockerfile <<'END'
FROM busybox
RUN echo begun
END
check_status "where /proc is covered a step sees that of the host" 0 in_own_mounts '
  mount --bind /dev/null /proc/keys
  "$CBUILD" build --no-cache context'
check_contains "with a warning, and what to do" "$err" "systempaths=unconfined"
if [[ $mode == user ]]; then
  check "a base for a store of one id" setpriv --no-new-privs "$CBUILD" --root "$T/one-id" import \
    "$CBUILD_BASES/busybox.tar" busybox
  check_contains "where newuidmap has no rights, which a warning says" "$err" \
    "cbuild: warning: there are no subordinate ids: newuidmap: "
  check_contains "with what to do" "$err" "no_new_privs is set here"
  check "a step has one id there" setpriv --no-new-privs "$CBUILD" --root "$T/one-id" build --no-cache "$T/context"
fi

# --- users that there are not

dockerfile <<'END'
FROM busybox
USER 4294967294
RUN echo begun
END
if [[ $mode == user ]]; then
  check_status "a user beyond the range" 4 cbuild build --no-cache "$T/context"
  check_contains "is told with the range" "$err" "RUN as user 4294967294: not in the range of subordinate IDs of this user (0-65536)"
  check_contains "and where it comes from" "$err" "hint: see subuid(5)"
else
  check "root has users up to the last" cbuild build --no-cache "$T/context"
fi

# --- few descriptors

dockerfile <<'END'
FROM busybox AS one
RUN echo one >/one; ulimit -n
FROM busybox
COPY --from=one /one /
RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c cat /one
END
few_descriptors() { (ulimit -n "$1" && cbuild build --no-cache --progress plain -t few "$T/context"); }
for limit in 48 64; do
  check "a build with $limit descriptors" few_descriptors $limit
  check_contains "and its steps have no more" "$err" " $limit
"
done
check_status "too few are an error" 4 few_descriptors 8
check_contains "that says so" "$err" "Too many open files"
check_contains "and what to do" "$err" "hint: the limit of open files is too low"

# --- what the host has mounted in /sys, and what in /proc is for its root only

# probe: what RUN finds, a line for each.
probe() {
  cbuild build --no-cache --progress plain "$@" - 2>&1 <<'END' | sed -n 's/^#[0-9]* [0-9.]* found: //p'
FROM busybox
RUN for name in /sys/kernel/debug /sys/kernel/tracing /sys/kernel/security /sys/kernel/config /sys/fs/bpf /sys/fs/pstore \
      /sys/fs/fuse/connections /sys/firmware /sys/dev/block; do \
      for entry in $(ls -A $name 2>/dev/null); do echo "found: $name/$entry"; done; \
    done; \
    for name in kcore keys kmsg kpagecgroup kpagecount kpageflags pagetypeinfo slabinfo timer_list vmallocinfo; do \
      [ "$(head -c 1 /proc/$name 2>/dev/null | wc -c)" = 0 ] || echo "found: /proc/$name"; \
    done; \
    echo "found: the end"
END
}
export -f probe cbuild
check "a build with more mounts in /sys" in_own_mounts '
  mkdir tree && mount -t tmpfs none tree && mkdir tree/nested && echo x >tree/secret
  for name in debug tracing security; do
    [[ ! -d /sys/kernel/$name ]] || mount --rbind tree /sys/kernel/$name
  done
  for name in bpf pstore; do [[ ! -d /sys/fs/$name ]] || mount --bind tree /sys/fs/$name; done
  [[ $(id -u) != 0 || $(cat /proc/self/uid_map) != *4294967295 ]] || mount -t debugfs none /sys/kernel/debug
  [[ ! -d /sys/kernel/debug ]] || [[ -n $(ls -A /sys/kernel/debug) ]]
  probe >seen; probe --network none >seen-none'
check_equal "none of them is seen" "the end" "$(cat "$T/seen")"
check_equal "nor without network" "the end" "$(cat "$T/seen-none")"

finish
