"""The root file system of a place: overlayfs and tmpfs in a private mount namespace, with the machine's directories
read-only. All of it ends with the namespace.

    /usr, /bin, /lib, /opt, /var   the machine's, read-only
    /etc                           a copy
    /place/home, /place/tmp        $HOME and $TMPDIR
    what --bring names             read-only
    /                              the rest is empty
"""

import os
import shutil
import stat
import subprocess

from linux import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT
from linux import bind, enter_root, make_read_only, mount
from places import MASKED_PATHS, ORDINARY_USER, READ_ONLY_PATHS

OF_ITS_OWN = {"dev", "etc", "home", "lost+found", "media", "mnt", "place", "proc", "root", "run", "srv", "sys", "tmp"}
HOME, TMPDIR = "/place/home", "/place/tmp"
# Of the ordinary user. Where the machine's own ids are seen, from a part that no distribution gives away.
MACHINE_SUBORDINATE_IDS = [(0x70000000, 65536)]


def _write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def _mount_overlay(lower, target, layers, in_user_namespace):
    """With an upper and a work directory in `layers`."""
    upper, work = os.path.join(layers, "upper"), os.path.join(layers, "work")
    os.makedirs(upper)
    os.makedirs(work)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount("overlay", target, "overlay", 0, options + (",userxattr" if in_user_namespace else ""))
    os.chmod(target, 0o755)


def _machine_directories():
    """What of the machine's root is shown: (name, the target of a link or None)."""
    for name in sorted(os.listdir("/")):
        path = "/" + name
        if os.path.islink(path):
            yield name, os.readlink(path)
        elif name not in OF_ITS_OWN and os.path.isdir(path):
            yield name, None


def _copy_etc(target):
    # What the caller may not read (shadow, private keys) is missing, as are the owners that it cannot give.
    subprocess.run(["cp", "-dR", "--preserve=mode,timestamps", "/etc", target], check=False, stderr=subprocess.DEVNULL)


def _write_users(etc, place, uid, id_count):
    """The ordinary user has an entry, and where the place says so subordinate ids; nobody else has them."""
    for name, line in (("passwd", f"place:x:{ORDINARY_USER}:{ORDINARY_USER}::{HOME}:/bin/sh"),
                       ("group", f"place:x:{ORDINARY_USER}:")):
        with open(os.path.join(etc, name), encoding="utf-8") as file:
            lines = [other for other in file.read().splitlines() if other.split(":")[2] != str(ORDINARY_USER)]
        _write(os.path.join(etc, name), "\n".join(lines + [line]) + "\n")
    ranges = []
    if place.subordinate_ids and uid == ORDINARY_USER:
        ranges = MACHINE_SUBORDINATE_IDS
        if id_count:  # those of the namespace but root's and the user's own
            ranges = [(ORDINARY_USER + 1, id_count - ORDINARY_USER - 1), (1, ORDINARY_USER - 1)]
    text = "".join(f"place:{first}:{count}\n" for first, count in ranges)
    _write(os.path.join(etc, "subuid"), text)
    _write(os.path.join(etc, "subgid"), text)


def _change_helpers(root, layers, place, in_user_namespace):
    """newuidmap and newgidmap: away, or set-uid for the root of this namespace, which the machine's are not."""
    if place.newuidmap and not in_user_namespace:
        return
    directory = os.path.join(root, "usr/bin")
    _mount_overlay("/usr/bin", directory, layers, in_user_namespace)
    for name in ("newuidmap", "newgidmap"):
        helper = os.path.join(directory, name)
        if os.path.exists(helper):
            os.unlink(helper)
            if place.newuidmap:
                shutil.copyfile(os.path.join("/usr/bin", name), helper)
                os.chmod(helper, 0o4755)


def _make_home(root, place, uid):
    home, temporary = root + HOME, root + TMPDIR
    for path in (home, temporary):
        os.makedirs(path)
    if place.home != "overlay":
        kind = "ramfs" if place.home == "ramfs" else "tmpfs"
        mount("none", home, kind)
        mount("none", temporary, "tmpfs")
    for path, mode in ((home, 0o700), (temporary, 0o1777)):
        os.chmod(path, mode)
        os.chown(path, uid, uid)
    if place.home == "read-only":
        make_read_only(home)


def _mount_devices(root, place):
    target = root + "/dev"
    if not place.container_mounts:
        bind("/dev", target)
        return
    mount("none", target, "tmpfs", MS_NOSUID, "mode=755,size=64k")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        _write(f"{target}/{name}", "")
        bind(f"/dev/{name}", f"{target}/{name}")
    for link, to in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                     ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):
        os.symlink(to, f"{target}/{link}")
    os.mkdir(f"{target}/pts")
    os.mkdir(f"{target}/shm")
    mount("none", f"{target}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
    mount("none", f"{target}/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m")


def _mask(root, paths):
    for path in paths:
        target = root + path
        if not os.path.exists(target):
            continue
        if stat.S_ISDIR(os.stat(target).st_mode):
            mount("none", target, "tmpfs", MS_RDONLY, "size=0k")
        else:
            bind("/dev/null", target)


def _mount_kernel_files(root, place):
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    bind("/sys", root + "/sys")
    if place.container_mounts:
        make_read_only(root + "/sys")
        for path in READ_ONLY_PATHS:
            if os.path.exists(root + path):
                bind(root + path, root + path)
                make_read_only(root + path)
    if place.container_mounts or place.masked_proc:
        _mask(root, [path for path in MASKED_PATHS if place.container_mounts or path.startswith("/proc/")])


def _bring(root, paths):
    for path in paths:
        if path.split("/")[1] not in OF_ITS_OWN:
            continue  # is seen anyway
        target = root + path
        if os.path.isdir(path):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _write(target, "")
        bind(path, target)
        make_read_only(target)
        # Whoever runs in the place reaches it, also in the home of root.
        above = os.path.dirname(target)
        while above != root and not os.path.ismount(above):
            os.chmod(above, os.stat(above).st_mode | 0o111)
            above = os.path.dirname(above)


def enter(place, uid, scratch, brought, id_count):
    """Makes the root file system and enters it, as the root of the mount namespace. It is mounted over `scratch`, an
    empty directory. `id_count` is how many ids the user namespace has, 0 in the machine's own.
    """
    in_user_namespace = id_count != 0
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("none", scratch, "tmpfs", 0, "mode=755")
    lower, root = os.path.join(scratch, "lower"), os.path.join(scratch, "root")
    os.mkdir(lower)
    os.mkdir(root)
    os.mkdir(os.path.join(scratch, "layers"))
    _mount_overlay(lower, root, os.path.join(scratch, "layers/root"), in_user_namespace)
    for name in sorted(OF_ITS_OWN - {"place", "etc", "lost+found"}):
        os.mkdir(os.path.join(root, name))
    os.chmod(root + "/root", 0o700)
    os.chmod(root + "/tmp", 0o1777)
    for name, link in _machine_directories():
        target = os.path.join(root, name)
        if link is not None:
            os.symlink(link, target)
            continue
        os.mkdir(target)
        bind("/" + name, target)
        make_read_only(target)
    _copy_etc(os.path.join(root, "etc"))
    _write_users(os.path.join(root, "etc"), place, uid, id_count)
    _change_helpers(root, os.path.join(scratch, "layers/bin"), place, in_user_namespace)
    _make_home(root, place, uid)
    _mount_devices(root, place)
    _mount_kernel_files(root, place)
    _bring(root, brought)
    if place.read_only_root:
        # Only the root's own mount: what is mounted on it stays as it is.
        mount("none", root, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    enter_root(root)
