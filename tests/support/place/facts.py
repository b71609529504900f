"""What a process finds in a place, and what it must find: the proof that a place is what it says.

    python3 facts.py                         prints the facts of where it runs, one a line
    python3 facts.py --expected NAME UID CALLER
                                             prints what they must be in that place; CALLER is who made it, root or user
    python3 facts.py --rows                  prints all places and uids of processes, "NAME UID" a line

An answer is "ok" or the name of the error. Each question is asked in a process of its own.
"""

import ctypes
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import linux
from places import DOCKER_CAPABILITIES, PLACES

SYS_keyctl = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
SYS_landlock_create_ruleset, LANDLOCK_VERSION = 444, 1
AF_VSOCK = 40
DOCKER_DEVICES = set("fd full null ptmx pts random shm stderr stdin stdout tty urandom zero".split())
HOME = os.environ.get("HOME", "/")


def answer(question):
    """Of a function: what it returns, "ok" when that is nothing, or the name of its error."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            text = question() or "ok"
        except OSError as error:
            text = os.strerror(error.errno)
        except BaseException as error:
            text = repr(error)
        os.write(write_end, text.encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(pid, 0)
    return text


def of_status(name):
    with open("/proc/self/status", encoding="utf-8") as file:
        return next(line.split()[1] for line in file if line.startswith(name + ":"))


def capabilities(name):
    mask = int(of_status(name), 16)
    if mask == 0:
        return "none"
    if mask == linux.capability_mask(DOCKER_CAPABILITIES):
        return "docker's 14"
    return "with SYS_ADMIN" if mask & linux.capability_mask(["SYS_ADMIN"]) else "without SYS_ADMIN"


def in_user_namespace(then):
    """Asked by the root of a new user namespace with one id, and with a mount namespace of its own."""
    def ask():
        user, group = os.geteuid(), os.getegid()
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
        for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open("/proc/self/" + file, "w", encoding="utf-8") as opened:
                opened.write(text)
        return then()
    return ask


def mount_tmpfs():
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/tmp", "tmpfs")


def mount_proc():
    linux.unshare(linux.CLONE_NEWPID)
    return answer(lambda: linux.mount("proc", "/proc", "proc"))


def mount_overlay():
    top = tempfile.mkdtemp(dir=HOME)
    for name in ("lower", "upper", "work", "merged"):
        os.mkdir(f"{top}/{name}")
    linux.mount("none", f"{top}/merged", "overlay", 0,
                f"userxattr,lowerdir={top}/lower,upperdir={top}/upper,workdir={top}/work")
    with open(f"{top}/merged/file", "w", encoding="utf-8"):
        pass


def map_a_range():
    """By newuidmap, as a rootless builder does it: ids 0 to 65535."""
    with open("/etc/subuid", encoding="utf-8") as file:
        lines = [line.split(":") for line in file.read().splitlines()]
    if not lines:
        return "no line in /etc/subuid"
    pid = os.fork()
    if pid == 0:
        try:
            linux.unshare(linux.CLONE_NEWUSER)
            time.sleep(30)
        finally:
            os._exit(0)
    try:
        while os.readlink(f"/proc/{pid}/ns/user") == os.readlink("/proc/self/ns/user"):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return "no user namespace"
            time.sleep(0.005)
        inside, rows = 1, ["0", str(os.getuid()), "1"]
        for _, first, count in lines:
            count = min(int(count), 65536 - inside)
            rows += [str(inside), first, str(count)]
            inside += count
        try:
            path = os.pathsep.join(("/usr/bin", "/bin"))
            subprocess.run(["newuidmap", str(pid), *rows], check=True, capture_output=True, env={"PATH": path})
        except FileNotFoundError:
            return "no newuidmap"
        except subprocess.CalledProcessError as error:
            return error.stderr.decode().strip()
    finally:
        os.kill(pid, signal.SIGKILL)
    return "ok"


def chown_file():
    with tempfile.NamedTemporaryFile() as file:
        os.chown(file.name, 12, 12)


def make_device():
    with tempfile.TemporaryDirectory() as directory:
        os.mknod(f"{directory}/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))


def write_file(directory):
    def ask():
        with open(f"{directory}/.fact", "w", encoding="utf-8") as file:
            file.write("x")
        os.unlink(file.name)
    return ask


def set_attribute():
    with tempfile.NamedTemporaryFile(dir=HOME) as file:
        os.setxattr(file.name, "user.fact", b"x")


def refused_by_filter(question):
    """Whether it is EPERM: whatever else the kernel says, the call reached it."""
    def ask():
        try:
            question()
        except PermissionError:
            return "refused"
        except OSError:
            pass
        return "reaches the kernel"
    return ask


def file_system_of(path):
    """By the last mount on its longest prefix."""
    path = os.path.realpath(path)
    found = ("", "")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            before, after = line.split(" - ")
            point = before.split()[4]
            if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(found[0]):
                found = (point, after.split()[0])
    return found[1]


def writable(path):
    return "read-only" if os.statvfs(path).f_flag & os.ST_RDONLY else "writable"


def has_entry():
    with open("/etc/passwd", encoding="utf-8") as file:
        return "yes" if any(line.split(":")[2] == str(os.getuid()) for line in file) else "no"


QUESTIONS = {
    "uid": lambda: str(os.getuid()),
    "entry in /etc/passwd": has_entry,
    "capabilities": lambda: capabilities("CapEff"),
    "bounding set": lambda: capabilities("CapBnd"),
    "no_new_privs": lambda: of_status("NoNewPrivs"),
    "seccomp filter": lambda: "yes" if of_status("Seccomp") == "2" else "no",
    "user namespace": lambda: linux.unshare(linux.CLONE_NEWUSER),
    "range of ids by newuidmap": map_a_range,
    "mount": mount_tmpfs,
    "mount in a user namespace": in_user_namespace(mount_tmpfs),
    "/proc in a user namespace": in_user_namespace(mount_proc),
    "overlay in a user namespace, layers in the home": in_user_namespace(mount_overlay),
    "chroot": lambda: os.chroot("/"),
    "chown": chown_file,
    "setuid": lambda: os.setuid(12),
    "setgroups": lambda: os.setgroups([12]),
    "mknod of a device": make_device,
    "keyctl": refused_by_filter(lambda: linux.syscall(SYS_keyctl, -1)),
    "AF_VSOCK": refused_by_filter(lambda: socket.socket(AF_VSOCK, socket.SOCK_STREAM).close()),
    "clone3": lambda: linux.syscall(linux.SYS_clone3, None, ctypes.c_size_t(0)) and None,
    "a call that is newer than all": lambda: linux.syscall(2000) and None,
    "Landlock": lambda: linux.syscall(SYS_landlock_create_ruleset, None, ctypes.c_size_t(0), LANDLOCK_VERSION) and None,
    "/proc/interrupts": lambda: "hidden" if stat.S_ISCHR(os.stat("/proc/interrupts").st_mode) else "shown",
    "/proc/sys": lambda: writable("/proc/sys"),
    "/sys": lambda: writable("/sys"),
    "/dev": lambda: "docker's" if set(os.listdir("/dev")) <= DOCKER_DEVICES else "the machine's",
    "file system of /": lambda: file_system_of("/"),
    "file system of the home": lambda: file_system_of(HOME),
    "write to /": write_file("/"),
    "write to the home": write_file(HOME),
    "write to TMPDIR": write_file(os.environ.get("TMPDIR", "/tmp")),
    "extended attributes in the home": set_attribute,
    "processes": lambda: "its own" if sum(name.isdigit() for name in os.listdir("/proc")) < 10 else "the machine's",
}

DENIED, REFUSED = "Operation not permitted", "Permission denied"
FREE_ROOT = {
    "uid": "0", "entry in /etc/passwd": "yes", "capabilities": "with SYS_ADMIN", "bounding set": "with SYS_ADMIN",
    "no_new_privs": "0", "seccomp filter": "no", "user namespace": "ok",
    "range of ids by newuidmap": "no line in /etc/subuid", "mount": "ok", "mount in a user namespace": "ok",
    "/proc in a user namespace": "ok", "overlay in a user namespace, layers in the home": "ok", "chroot": "ok",
    "chown": "ok", "setuid": "ok", "setgroups": "ok", "mknod of a device": "ok",
    "keyctl": "reaches the kernel", "AF_VSOCK": "reaches the kernel", "clone3": "Invalid argument",
    "a call that is newer than all": "Function not implemented", "Landlock": "ok", "/proc/interrupts": "shown",
    "/proc/sys": "writable", "/sys": "writable", "/dev": "the machine's",
    "file system of /": "overlay", "file system of the home": "tmpfs", "write to /": "ok", "write to the home": "ok",
    "write to TMPDIR": "ok",
    "extended attributes in the home": "ok", "processes": "its own",
}
# What an ordinary user finds where nothing is refused.
FREE_USER = FREE_ROOT | {
    "uid": "1000", "capabilities": "none", "range of ids by newuidmap": "ok", "mount": DENIED, "chroot": DENIED,
    "chown": DENIED, "setuid": DENIED, "setgroups": DENIED, "mknod of a device": DENIED,
    "write to /": REFUSED,
}
NO_USER_NAMESPACE = dict.fromkeys(
    ("user namespace", "mount in a user namespace", "/proc in a user namespace",
     "overlay in a user namespace, layers in the home"), DENIED)
NO_SPACE = dict.fromkeys(NO_USER_NAMESPACE, "No space left on device")
CONTAINER = NO_USER_NAMESPACE | {
    "bounding set": "docker's 14", "seccomp filter": "yes", "range of ids by newuidmap": "no line in /etc/subuid",
    "mount": DENIED, "keyctl": "refused", "AF_VSOCK": "refused", "clone3": "Function not implemented",
    "/proc/interrupts": "hidden", "/proc/sys": "read-only", "/sys": "read-only", "/dev": "docker's",
}
NO_MOUNT = {
    "seccomp filter": "yes", "mount in a user namespace": REFUSED, "/proc in a user namespace": REFUSED,
    "overlay in a user namespace, layers in the home": REFUSED,
}
MASKED_PROC = {"/proc/interrupts": "hidden", "/proc in a user namespace": DENIED}
RAMFS = {"file system of the home": "ramfs", "extended attributes in the home": "Operation not supported"}
OLD_KERNEL = {"seccomp filter": "yes", "Landlock": "Function not implemented"}
ONE_ID = {"chown": "Invalid argument", "setuid": "Invalid argument", "setgroups": DENIED, "mknod of a device": DENIED}
# How a place differs from a free one, for (root, an ordinary user).
DIFFERENCES = {
    "docker": (CONTAINER | {"capabilities": "docker's 14", "file system of the home": "overlay"},
               CONTAINER | {"file system of the home": "overlay"}),
    "k8s": (None, CONTAINER | {
        "uid": "10001", "entry in /etc/passwd": "no", "bounding set": "none", "no_new_privs": "1",
        "write to /": "Read-only file system"}),
    "masked-proc": (MASKED_PROC,) * 2,
    "no-mount": (NO_MOUNT | {"mount": REFUSED}, NO_MOUNT),
    "no-setns": ({"seccomp filter": "yes"},) * 2,
    "no-sysadmin": ({"capabilities": "without SYS_ADMIN", "bounding set": "without SYS_ADMIN", "mount": DENIED},
                    {"bounding set": "without SYS_ADMIN",
                     "range of ids by newuidmap": "newuidmap: write to uid_map failed: Operation not permitted"}),
    # Root's own too is made of a user namespace.
    "no-userns": (NO_SPACE | {"mknod of a device": DENIED},
                  NO_SPACE | {"range of ids by newuidmap": "no user namespace"}),
    "no-subids": (None, {"range of ids by newuidmap": "no line in /etc/subuid"}),
    "no-newuidmap": (None, {"range of ids by newuidmap": "no newuidmap"}),
    "one-id": (ONE_ID, None),
    "masked-one-id": (ONE_ID | MASKED_PROC, None),
    "linux-5.15": (OLD_KERNEL,) * 2,
    "linux-5.15-one-id": (OLD_KERNEL | ONE_ID, None),
    "old-profile": ({"seccomp filter": "yes", "clone3": "Function not implemented"},) * 2,
    "store-tmpfs": ({}, {}),
    "store-overlay": ({"file system of the home": "overlay",
                       "overlay in a user namespace, layers in the home": "Invalid argument"},) * 2,
    "store-ramfs": (RAMFS,) * 2,
    "one-id-ramfs": (ONE_ID | RAMFS, None),
    "store-read-only": (dict.fromkeys((
        "write to the home", "extended attributes in the home", "overlay in a user namespace, layers in the home"),
        "Read-only file system"),) * 2,
}


def tmpfs_has_attributes():
    """Those of users, which Linux 6.6 added."""
    release = os.uname().release.split(".")
    return (int(release[0]), int(release[1].split("-")[0])) >= (6, 6)


def expected(name, uid, caller):
    of_root, of_user = DIFFERENCES[name]
    facts = FREE_ROOT | of_root if uid == 0 else FREE_USER | of_user
    if caller == "user" and uid == 0:  # is the root of a user namespace
        facts = facts | {"mknod of a device": DENIED}
    if not tmpfs_has_attributes() and facts["extended attributes in the home"] == "ok":
        facts = facts | {"extended attributes in the home": "Operation not supported"}
    return facts


def main():
    if sys.argv[1:2] == ["--expected"]:
        name, uid, caller = sys.argv[2:]
        facts = expected(name, int(uid), caller)
    elif sys.argv[1:2] == ["--rows"]:
        for name in PLACES:
            for uid, differences in zip((0, PLACES[name].uid or 1000), DIFFERENCES[name]):
                if differences is not None:
                    print(name, uid)
        return
    else:
        facts = {name: answer(question) for name, question in QUESTIONS.items()}
    for name, text in facts.items():
        print(f"{name}: {text}")


if __name__ == "__main__":
    main()
