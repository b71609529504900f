#!/usr/bin/env bash
# The machine is what the other checks take it for.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
[[ $(uname -r) == 6.1.* ]] && ok "runs Debian's kernel 6.1" || not_ok "runs Debian's kernel 6.1" "$(uname -a)"
check_equal "systemd is the first process" systemd "$(cat /proc/1/comm)"
check_equal "/sys/fs/cgroup is cgroup v2" cgroup2fs "$(stat -f -c %T /sys/fs/cgroup)"
cgroup=/sys/fs/cgroup$(cut -d : -f 3 /proc/self/cgroup)
for controller in cpu memory pids; do
  check_contains "the controller $controller is delegated" " $(cat "$cgroup/cgroup.controllers") " " $controller "
done
check "a cgroup can be made" mkdir "$cgroup/check"
check "a process can be moved into it" sh -c 'echo $$ >"$0/cgroup.procs"' "$cgroup/check"
rmdir "$cgroup/check"
check_equal "AppArmor is on" Y "$(cat /sys/module/apparmor/parameters/enabled)"
check_equal "/dev/null has udev's mode" 666 "$(stat -c %a /dev/null)"
[[ ! -e /dev/fuse ]] || check_equal "/dev/fuse has udev's mode" 666 "$(stat -c %a /dev/fuse)"
[[ $who == root ]] || check "subordinate ids are there" grep -q ^builder: /etc/subuid
