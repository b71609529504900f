#!/usr/bin/env bash
# Control groups of cgroup v1 that belong to an ordinary user, as an administrator delegates them.
#
#   control_groups.sh make NAME USER    a group NAME for each of memory, cpu, cpuset and pids that is mounted, beneath
#                                       the one of the caller; prints their directories
#   control_groups.sh remove            those whose directories are on standard input, with all beneath them
#
# A process of USER enters one by writing 0 to its cgroup.procs.
set -euo pipefail

# directory_of CONTROLLER: of the caller's group; empty where the controller is not one of v1.
directory_of() {
  local mount path
  mount=$(awk -v name="$1" '{ for (i = 1; $i != "-"; i++); split($(i + 3), options, ",")
    for (o in options) if ($(i + 1) == "cgroup" && options[o] == name) { print $5; exit } }' /proc/self/mountinfo)
  path=$(awk -F: -v name="$1" '{ split($2, names, ","); for (n in names) if (names[n] == name) print $3 }' /proc/self/cgroup)
  [[ -z $mount || ! -d $mount$path ]] || echo "${mount}${path%/}"
}

case $1 in
  make)
    for controller in memory cpu cpuset pids; do
      parent=$(directory_of "$controller")
      [[ -n $parent ]] && mkdir "$parent/$2" 2>/dev/null || continue
      if [[ $controller == cpuset ]]; then
        for file in cpuset.cpus cpuset.mems; do cat "$parent/$file" >"$parent/$2/$file"; done
      fi
      chown "$3:" "$parent/$2" "$parent/$2/cgroup.procs"
      echo "$parent/$2"
    done
    ;;
  remove)
    while read -r group; do
      find "$group" -depth -type d -exec rmdir {} +
    done
    ;;
esac
