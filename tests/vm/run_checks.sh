#!/usr/bin/env bash
# Runs in the guest, as root, under checks.service: each wanted check as root and as the user "builder", each in a cgroup
# that is delegated to whoever runs it. Standard output is the serial line that run.sh reads.
cd /run/payload || exit

# as_user USER COMMAND…
as_user() {
  local user=$1 start=(env HOME=/root USER=root systemd-run)
  shift
  if [[ $user == builder ]]; then
    start=(runuser -u builder -- env HOME=/home/builder USER=builder XDG_RUNTIME_DIR=/run/user/1000
      DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus systemd-run --user)
  fi
  "${start[@]}" --quiet --scope -p Delegate=yes env VM_USER="$user" "$@" </dev/null
}

echo "# $(uname -r), up for $(cut -d ' ' -f 1 /proc/uptime) s"
while read -r check; do
  for user in root builder; do
    started=$SECONDS status=0
    as_user "$user" timeout 600 bash "checks/$check.sh" || status=$?
    [[ $status == 0 ]] || echo "not ok - $user: $check comes to its end (status $status)"
    echo "# $user: $check: $((SECONDS - started)) s"
  done
done <wanted
echo "done"
