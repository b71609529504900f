"""Which Debian package a program comes with."""

# What an mmdebstrap --variant=minbase of Debian 12 has; mount, passwd and e2fsprogs are left out: later releases may not.
MINBASE = set(
    "apt base-files base-passwd bash bsdutils coreutils dash debianutils diffutils dpkg findutils grep gzip hostname libc-bin"
    " login mawk ncurses-bin perl-base sed sysvinit-utils tar util-linux".split()
)

_PROGRAMS = {
    "apt": "apt-cache apt-config apt-get apt-mark",
    "attr": "getfattr setfattr",
    "bash": "bash",
    "binutils": "ar nm objdump readelf strings strip",
    "bsdutils": "logger renice script",
    "buildah": "buildah",
    "busybox-static": "busybox",
    "bzip2": "bunzip2 bzcat bzip2",
    "ca-certificates": "update-ca-certificates",
    "clang": "clang clang++",
    "coreutils": "arch b2sum base32 base64 basename cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dirname"
    " du echo env expand expr factor false fmt fold head id install join link ln ls md5sum mkdir mkfifo mknod mktemp mv nice nl"
    " nohup nproc numfmt od paste pr printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum sha256sum sha512sum shred"
    " shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand"
    " uniq unlink wc who whoami yes",
    "crun": "crun",
    "curl": "curl",
    "dash": "dash sh",
    "debianutils": "run-parts which",
    "diffutils": "cmp diff diff3 sdiff",
    "docker-registry": "docker-registry",
    "dpkg": "dpkg dpkg-deb dpkg-query",
    "e2fsprogs": "chattr debugfs dumpe2fs e2fsck fsck.ext4 lsattr mke2fs mkfs.ext4 resize2fs tune2fs",
    "findutils": "find xargs",
    "g++": "c++ cc g++ gcc",
    "git": "git",
    "grep": "egrep fgrep grep",
    "gzip": "gunzip gzip zcat zgrep",
    "hostname": "hostname",
    "iproute2": "ip ss tc",
    "libc-bin": "getconf getent ldconfig ldd locale",
    "mawk": "awk mawk",
    "meson": "meson",
    "mmdebstrap": "mmdebstrap",
    "mount": "losetup mount swapoff swapon umount",
    "ncurses-bin": "clear infocmp reset tput",
    "ninja-build": "ninja",
    "openssh-client": "ssh ssh-add ssh-agent ssh-keygen ssh-keyscan",
    "openssh-server": "sshd",
    "openssl": "openssl",
    "passwd": "chpasswd groupadd groupdel useradd userdel usermod",
    "perl-base": "perl",
    "pkg-config": "pkg-config",
    "podman": "podman",
    "postgresql": "initdb pg_ctl postgres psql",
    "procps": "free kill pgrep pidof pkill pmap ps sysctl top uptime watch",
    "psmisc": "fuser killall pstree",
    "python3": "python3",
    "redis-server": "redis-cli redis-server",
    "sed": "sed",
    "shellcheck": "shellcheck",
    "shfmt": "shfmt",
    "skopeo": "skopeo",
    "strace": "strace",
    "systemd-sysv": "poweroff reboot systemctl systemd-run",
    "tar": "tar",
    "time": "time",
    "uidmap": "getsubids newgidmap newuidmap",
    "umoci": "umoci",
    "universal-ctags": "ctags",
    "util-linux": "blkdiscard blockdev choom dmesg fallocate findmnt flock fsfreeze getopt ionice lsblk lscpu lsns mkswap more"
    " mountpoint namei nsenter partx pivot_root prlimit rev runuser setarch setpriv setsid setterm taskset unshare wipefs",
    "xfsprogs": "mkfs.xfs xfs_admin xfs_freeze xfs_io xfs_repair",
    "xz-utils": "unxz xz xzcat",
    "zstd": "unzstd zstd zstdcat",
}
PACKAGE_OF = {program: package for package, programs in _PROGRAMS.items() for program in programs.split()}

# What a program needs of other packages, though they are only recommended or run by it.
WITH = {
    "clang++": ["libclang-rt-dev"],  # the run time libraries of the sanitizers and of the fuzzer
    "mmdebstrap": ["uidmap"],
    "podman": ["crun"],
}

# Taken when they are there: a script that runs one asks for it by `command -v` first.
OPTIONAL = {"ccache", "npm", "sudo"}
