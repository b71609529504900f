"""What the places are: data, which __main__.py makes true and facts.py looks at."""

import dataclasses

import linux

# What docker leaves to a container's root (moby, daemon/pkg/oci/caps).
DOCKER_CAPABILITIES = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID"
    " SYS_CHROOT"
).split()
# What docker hides of /proc and /sys, and what it makes read-only (moby, daemon/pkg/oci/defaults.go).
MASKED_PATHS = (
    "/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi"
    " /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware"
).split()
READ_ONLY_PATHS = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split()
# What AppArmor refuses to a process in a user namespace of Ubuntu 24.04.
MOUNT_CALLS = (
    "fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root umount umount2"
).split()


@dataclasses.dataclass(frozen=True)
class Place:
    about: str
    uid: int = 0
    # None: those of the namespace's root. Another uid has none in any place.
    bounding_set: tuple | list | None = None
    no_new_privileges: bool = False
    docker_profile: bool = False
    refused_calls: tuple | list = ()
    unknown_calls: tuple | list = ()
    old_kernel: bool = False  # Linux 5.15, as far as its system calls go
    container_mounts: bool = False  # masked and read-only paths, a /dev of its own, /sys read-only
    masked_proc: bool = False
    read_only_root: bool = False
    home: str = "tmpfs"  # the file system of $HOME: tmpfs, overlay, ramfs, read-only
    one_id: bool = False
    user_namespaces: bool = True
    subordinate_ids: bool = True  # for the ordinary user
    newuidmap: bool = True

    def capabilities(self, uid):
        """The effective ones of a process with this uid."""
        if uid != 0:
            return ()
        return linux.CAPABILITIES if self.bounding_set is None else self.bounding_set


ORDINARY_USER = 1000

PLACES = {
    "docker": Place(
        "root in an ordinary container of docker",
        bounding_set=DOCKER_CAPABILITIES, docker_profile=True, container_mounts=True, home="overlay",
        subordinate_ids=False),
    "k8s": Place(
        "a pod with runAsNonRoot, all capabilities dropped, RuntimeDefault, a read-only root and an emptyDir",
        uid=10001, bounding_set=(), no_new_privileges=True, docker_profile=True, container_mounts=True,
        read_only_root=True, subordinate_ids=False),
    "masked-proc": Place("user namespaces are allowed, but /proc is masked, so no new one can be mounted",
                         masked_proc=True),
    "no-mount": Place("user namespaces are allowed, mount is refused, as by AppArmor on Ubuntu",
                      refused_calls=MOUNT_CALLS),
    "no-setns": Place("user namespaces are allowed, setns is refused", refused_calls=("setns",)),
    "no-sysadmin": Place("root without CAP_SYS_ADMIN where user namespaces are allowed",
                         bounding_set=[name for name in linux.CAPABILITIES if name != "SYS_ADMIN"]),
    "no-userns": Place("user.max_user_namespaces is 0", user_namespaces=False),
    "no-subids": Place("a user without a line in /etc/subuid", uid=ORDINARY_USER, subordinate_ids=False),
    "no-newuidmap": Place("a user with a line in /etc/subuid, but without newuidmap", uid=ORDINARY_USER,
                          newuidmap=False),
    "one-id": Place("root of a user namespace with one id", one_id=True, subordinate_ids=False),
    "masked-one-id": Place("a pod that allows user namespaces: one id, and /proc is masked", one_id=True, masked_proc=True,
                           subordinate_ids=False),
    "linux-5.15": Place("a kernel without the system calls that came after Linux 5.15, and without Landlock", old_kernel=True),
    "linux-5.15-one-id": Place("the same, with one id", old_kernel=True, one_id=True, subordinate_ids=False),
    "old-profile": Place("a seccomp profile that lacks some calls of Linux 5.3 to 5.11",
                         unknown_calls=("clone3", "close_range", "pidfd_getfd", "faccessat2", "epoll_pwait2")),
    "store-tmpfs": Place("nothing is refused; the home is on tmpfs"),
    "store-overlay": Place("nothing is refused; the home is on overlayfs", home="overlay"),
    "store-ramfs": Place("nothing is refused; the home's file system has no extended attributes", home="ramfs"),
    "one-id-ramfs": Place("one id, and a home without extended attributes", one_id=True, subordinate_ids=False, home="ramfs"),
    "store-read-only": Place("nothing is refused; the home is read-only", home="read-only"),
}
