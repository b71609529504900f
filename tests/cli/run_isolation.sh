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
export CBUILD CBUILD_BASES
check_status "a store on overlayfs is refused" 4 in_own_mounts '
  mkdir lower upper work merged
  mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work none merged
  export CBUILD_ROOT=$PWD/merged/store
  "$CBUILD" import "$CBUILD_BASES/busybox.tar" busybox >/dev/null 2>&1
  "$CBUILD" build -t never context'
check_contains "with the reason" "$err" "lies on an overlayfs itself"
check_contains "with what to do" "$err" "hint: keep the store on a local file system"
check_lacks "before a step begins" "$err" "#2 ["

finish
