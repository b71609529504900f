"""The system calls that Python has no function for; each raises OSError with the name of the call."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38

# System calls have these numbers on every architecture from 424 on.
SYS_mount_setattr, SYS_clone3, SYS_fchmodat2 = 442, 435, 452

# In the order of their numbers.
CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE"
    " NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN"
    " SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE"
    " MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


def _call(name, *arguments):
    result = getattr(_libc, name)(*arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def _bytes(text):
    return None if text is None else os.fsencode(text)


def syscall(number, *arguments):
    return _call("syscall", ctypes.c_long(number), *arguments)


def unshare(flags):
    _call("unshare", flags)


def mount(source, target, kind=None, flags=0, data=None):
    try:
        _call("mount", _bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(data))
    except OSError as error:
        raise OSError(error.errno, f"mount {kind or source} on {target}: {os.strerror(error.errno)}") from None


def bind(source, target):
    """With what is mounted beneath it: a user namespace may not uncover what its maker covered."""
    mount(source, target, None, MS_BIND | MS_REC)


def make_read_only(target):
    """The mount at `target` and all beneath it; their other flags stay."""
    attributes = (ctypes.c_uint64 * 4)(1, 0, 0, 0)  # MOUNT_ATTR_RDONLY is set, none is cleared
    at_fdcwd, at_recursive = -100, 0x8000
    syscall(SYS_mount_setattr, at_fdcwd, _bytes(target), at_recursive, attributes, ctypes.sizeof(attributes))


def enter_root(new_root):
    """Makes it the root of the mount namespace, by pivot_root: after chroot no user namespace can be made."""
    os.chdir(new_root)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def prctl(option, *values):
    values += (0,) * (4 - len(values))
    _call("prctl", option, *(ctypes.c_ulong(value) for value in values))


def capability_mask(names):
    return sum(1 << CAPABILITIES.index(name) for name in names)


def permitted_capabilities():
    with open("/proc/self/status", encoding="utf-8") as file:
        mask = next(int(line.split()[1], 16) for line in file if line.startswith("CapPrm"))
    return [name for number, name in enumerate(CAPABILITIES) if mask >> number & 1]


def limit_bounding_set(names):
    with open("/proc/sys/kernel/cap_last_cap", encoding="utf-8") as file:
        last = int(file.read())
    for number in range(last + 1):
        if not capability_mask(names) >> number & 1:
            prctl(PR_CAPBSET_DROP, number)


def set_capabilities(names):
    """As the effective and the permitted ones; none is inherited."""
    mask = capability_mask(names)
    version_3 = 0x20080522
    header = (ctypes.c_uint32 * 2)(version_3, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    _call("capset", header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0))
