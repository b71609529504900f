"""Runs a command in a place like those in which CI runs builds.

    python3 tests/support/place NAME [--user [UID]] [--bring PATH]... -- COMMAND...
    python3 tests/support/place --list

Works for root and for users with subordinate ids. Root's places have the ids of the machine. A user's place is a user
namespace, and root there is the root of that namespace: the same answers, except that mknod makes no device. The root of
a user namespace gets the places of a user.

NAME is one of places.py. --user runs the command as an ordinary user of the place (uid 1000 unless another is given).
--bring shows a path of the machine, read-only; rootfs.py says what is there anyway. $HOME and $TMPDIR of the command are
the place's own, its network is the caller's. The exit code is the command's, or 125 if the place cannot be made. All
processes and mounts of the place end with the command.
"""

import argparse
import errno
import os
import pwd
import signal
import subprocess
import sys
import tempfile

import linux
import rootfs
import seccomp
from places import ORDINARY_USER, PLACES

CANNOT_BE_MADE = 125
PASSED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotBeMade(Exception):
    """The reason, for people."""


def subordinate_ids(path, user):
    """The first range of a user in /etc/subuid or /etc/subgid: (first, count)."""
    names = [str(user)] + [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid == user]
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                owner, first, count = line.strip().split(":")
                if owner in names:
                    return int(first), int(count)
    except OSError as error:
        raise CannotBeMade(error) from None
    raise CannotBeMade(f"{path} has no line for {names[-1]}: a place for an ordinary user needs subordinate ids")


def all_ids(kind):
    """The map of all ids that exist here onto themselves."""
    with open(f"/proc/self/{kind}_map", encoding="utf-8") as file:
        return [[int(first), int(first), int(count)] for first, _, count in map(str.split, file)]


def id_maps(place):
    """The maps of the place's user namespace, (uid map, gid map), with rows [inside, outside, count]; None if it needs no
    namespace of its own.
    """
    user, group = os.geteuid(), os.getegid()
    if place.one_id:
        return [[0, user, 1]], [[0, group, 1]]
    if user != 0:
        uids, gids = subordinate_ids("/etc/subuid", user), subordinate_ids("/etc/subgid", user)
        return [[0, user, 1], [1, *uids]], [[0, group, 1], [1, *gids]]
    uids, gids = all_ids("uid"), all_ids("gid")
    # no-userns: the limit is that of a namespace of its own, so that the machine's stays.
    of_machine = uids == gids == [[0, 0, 0xFFFFFFFF]]
    return None if of_machine and place.user_namespaces else (uids, gids)


def write_id_maps(pid, maps):
    for kind, rows in zip(("uid", "gid"), maps):
        if os.geteuid() != 0 and len(rows) > 1:
            numbers = [str(number) for row in rows for number in row]
            result = subprocess.run([f"new{kind}map", str(pid), *numbers], check=False, capture_output=True, text=True)
            if result.returncode != 0:
                raise CannotBeMade(result.stderr.strip())
            continue
        if kind == "gid" and sum(row[2] for row in rows) == 1:
            with open(f"/proc/{pid}/setgroups", "w", encoding="utf-8") as file:
                file.write("deny")
        with open(f"/proc/{pid}/{kind}_map", "w", encoding="utf-8") as file:
            file.write("".join(" ".join(map(str, row)) + "\n" for row in rows))


def become(place, uid):
    """Gives up, in the order in which runc does it, what a process of the place does not have."""
    if place.no_new_privileges:
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if place.docker_profile:
        seccomp.load_docker_profile(place.capabilities(uid))
    if place.old_kernel:
        seccomp.forget_newer_calls()
    if place.unknown_calls:
        seccomp.refuse_calls(place.unknown_calls, errno.ENOSYS)
    if place.refused_calls:
        seccomp.refuse_calls(place.refused_calls, errno.EACCES)
    if place.bounding_set is not None:
        linux.limit_bounding_set(place.bounding_set)
    if not place.one_id:  # there setgroups is denied for ever
        os.setgroups([])
    if uid != 0:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    else:
        permitted = linux.permitted_capabilities()  # the caller may lack some
        linux.set_capabilities([name for name in place.capabilities(uid) if name in permitted])


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return kept | {"HOME": rootfs.HOME, "TMPDIR": rootfs.TMPDIR}


def exit_code(status):
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def wait_for(pid):
    while True:
        try:
            return os.waitpid(pid, 0)[1]
        except InterruptedError:
            pass


def pass_signals_to(pid):
    for number in PASSED_SIGNALS:
        signal.signal(number, lambda got, _: os.kill(pid, got))


def run_command(place, uid, command):
    """As a child of the place's init. Returns the exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            become(place, uid)
            os.chdir("/place")
            for number in PASSED_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.execvpe(command[0], command, environment())
        except OSError as error:
            print(f"place: {command[0]}: {error}", file=sys.stderr, flush=True)
            os._exit(127 if error.errno == errno.ENOENT else 126)
    pass_signals_to(pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return exit_code(status)


def init(arguments, place, scratch, id_count, ready):
    """The first process of the place's process namespace: all others end with it."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        rootfs.enter(place, arguments.user, scratch, arguments.bring, id_count)
        if not place.user_namespaces:
            with open("/proc/sys/user/max_user_namespaces", "w", encoding="utf-8") as file:
                file.write("0")
    except OSError as error:
        print(f"place: {arguments.name}: {error}", file=sys.stderr, flush=True)
        os._exit(CANNOT_BE_MADE)
    os.close(ready)
    os._exit(run_command(place, arguments.user, arguments.command))


def enter_namespaces(arguments, place, maps, scratch, maps_wanted, maps_written, ready):
    """In a child, which stays outside of the process namespace and waits for its init."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        if maps is not None:
            linux.unshare(linux.CLONE_NEWUSER)
        os.close(maps_wanted)
        os.read(maps_written, 1)
        os.close(maps_written)
        if maps is not None:
            if not place.one_id:
                os.setgroups([])
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of ids resets it
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    except OSError as error:
        print(f"place: {arguments.name}: {error}", file=sys.stderr, flush=True)
        os._exit(CANNOT_BE_MADE)
    pid = os.fork()
    if pid == 0:
        init(arguments, place, scratch, sum(row[2] for row in maps[0]) if maps else 0, ready)
    os.close(ready)
    pass_signals_to(pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os._exit(exit_code(wait_for(pid)))


def run(arguments):
    """Makes the place. Returns the exit code."""
    place = PLACES[arguments.name]
    maps = id_maps(place)
    wanted_read, wanted_write = os.pipe()
    written_read, written_write = os.pipe()
    ready_read, ready_write = os.pipe()
    # Signals wait until there is somebody to pass them to.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_SIGNALS)
    scratch = tempfile.mkdtemp(prefix="place.")
    try:
        pid = os.fork()
        if pid == 0:
            try:
                for end in (wanted_read, written_write, ready_read):
                    os.close(end)
                enter_namespaces(arguments, place, maps, scratch, wanted_write, written_read, ready_write)
            except BaseException as error:  # the child never runs the parent's code
                print(f"place: {arguments.name}: {error!r}", file=sys.stderr, flush=True)
            finally:
                os._exit(CANNOT_BE_MADE)
        for end in (wanted_write, written_read, ready_write):
            os.close(end)
        os.read(wanted_read, 1)  # is closed when there is a namespace
        try:
            if maps is not None:
                write_id_maps(pid, maps)
        except (OSError, CannotBeMade) as error:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise CannotBeMade(error) from None
        os.close(written_write)
        os.read(ready_read, 1)  # is closed when the place has a root of its own
    finally:
        # The place was mounted over it, and has moved to the root of its namespace.
        os.rmdir(scratch)
    pass_signals_to(pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return exit_code(wait_for(pid))


def main():
    parser = argparse.ArgumentParser(prog="place", usage="%(prog)s NAME [--user [UID]] [--bring PATH]... -- COMMAND...",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--list", action="store_true", help="print the names of all places and what they are")
    parser.add_argument("--user", nargs="?", type=int, const=ORDINARY_USER, metavar="UID")
    parser.add_argument("--bring", action="append", default=[], type=os.path.realpath, metavar="PATH")
    parser.add_argument("name", nargs="?", choices=PLACES, metavar="NAME")
    own, command = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, command = own[:at], own[at + 1:]
    arguments = parser.parse_args(own)
    arguments.command = command
    if arguments.list:
        for name, place in PLACES.items():
            print(f"{name:16} {place.about}")
        return 0
    if not arguments.name or not arguments.command:
        parser.error("a place and a command are wanted")
    if arguments.user is None:
        arguments.user = PLACES[arguments.name].uid
    if arguments.user != 0 and PLACES[arguments.name].one_id:
        parser.error("this place has one id")
    try:
        return run(arguments)
    except CannotBeMade as error:
        print(f"place: {arguments.name}: {error}", file=sys.stderr)
        return CANNOT_BE_MADE


sys.exit(main())
