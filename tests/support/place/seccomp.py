"""Loads the seccomp filters of places: docker's default profile (docker_seccomp.json), or a filter of refused calls.

The profile's form: "always" has the calls that are allowed, in groups; "with" those that a capability allows, "where"
those of one architecture. "rules" have arguments or another answer; a rule does not hold for a process with the
capability that "unless" names. An argument is [index, operator, value]; "masked-zero" holds if the argument has no bit
of the value, "masked-all" if it has all of them.
"""

import ctypes
import errno
import json
import os
import platform

import linux

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_ATTRIBUTE_NO_NEW_PRIVS = 3
_COMPARISONS = {"less": 2, "equal": 4, "greater": 6, "masked-zero": 7, "masked-all": 7}
_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Read here, because the file may be out of reach in the place.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "docker_seccomp.json"), encoding="utf-8") as _file:
    _DOCKER_PROFILE = json.load(_file)


class _Comparison(ctypes.Structure):
    _fields_ = [("index", ctypes.c_uint), ("operator", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class _Filter:
    """A filter of libseccomp."""

    def __init__(self, default):
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(default))
        # no_new_privs is the place's own affair.
        self._check(self._library.seccomp_attr_set(self._context, _ATTRIBUTE_NO_NEW_PRIVS, 0), "seccomp_attr_set")

    @staticmethod
    def _check(result, what):
        if result < 0:
            raise OSError(-result, f"{what}: {os.strerror(-result)}")

    def number(self, name):
        """Of a call on this architecture; negative where there is none."""
        return self._library.seccomp_syscall_resolve_name(name.encode())

    def add_architecture(self, name):
        token = self._library.seccomp_arch_resolve_name(name.encode())
        result = self._library.seccomp_arch_add(self._context, ctypes.c_uint32(token))
        if result != -errno.EEXIST:
            self._check(result, f"seccomp_arch_add {name}")

    def add(self, action, name, arguments=()):
        number = self.number(name)
        if number == -1:  # is newer than this libseccomp: the default answers, as with docker
            return
        comparisons = (_Comparison * max(1, len(arguments)))()
        for comparison, (index, operator, value) in zip(comparisons, arguments):
            comparison.index, comparison.operator = index, _COMPARISONS[operator]
            comparison.a, comparison.b = value, value if operator == "masked-all" else 0
        result = self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, len(arguments), comparisons)
        if result != -errno.EACCES:  # that is what the filter does by default
            self._check(result, f"seccomp_rule_add {name}")

    def load(self):
        self._check(self._library.seccomp_load(self._context), "seccomp_load")


def _refuse_newer_calls(newest):
    """Calls that are newer than all of the profile's do not exist, as runc has it: programs then use the older ones."""
    instruction = lambda code, true, false, value: (  # struct sock_filter
        ctypes.c_uint16(code), ctypes.c_uint8(true), ctypes.c_uint8(false), ctypes.c_uint32(value))
    load, equal, greater, answer = 0x20, 0x15, 0x25, 0x06
    x32 = 0x40000000
    program = [
        instruction(load, 0, 0, 4),
        instruction(equal, 0, 4, _AUDIT_ARCHITECTURE[platform.machine()]),
        instruction(load, 0, 0, 0),
        instruction(greater, 2, 0, x32 - 1),
        instruction(greater, 0, 1, newest),
        instruction(answer, 0, 0, _ERRNO | errno.ENOSYS),
        instruction(answer, 0, 0, _ALLOW),
    ]
    text = b"".join(bytes(part) for row in program for part in row)
    code = ctypes.create_string_buffer(text, len(text))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    set_seccomp, mode_filter = 22, 2
    loaded = Program(len(program), ctypes.addressof(code))
    linux.prctl(set_seccomp, mode_filter, ctypes.addressof(loaded))


def load_docker_profile(capabilities):
    """As docker compiles it for a container that has these capabilities."""
    machine, profile = platform.machine(), _DOCKER_PROFILE
    rules = [(name, _ALLOW, ()) for group in profile["always"].values() for name in group]
    for capability, names in profile["with"].items():
        if capability in capabilities:
            rules += [(name, _ALLOW, ()) for name in names]
    rules += [(name, _ALLOW, ()) for name in profile["where"].get(machine, ())]
    for rule in profile["rules"]:
        if rule.get("unless") not in capabilities:
            action = _ERRNO | getattr(errno, rule["errno"]) if "errno" in rule else _ALLOW
            rules.append((rule["call"], action, rule.get("arguments", ())))

    compiled = _Filter(_ERRNO | errno.EPERM)
    for architecture in profile["architectures"][machine]:
        compiled.add_architecture(architecture)
    for name, action, arguments in rules:
        compiled.add(action, name, arguments)
    newest = max(compiled.number(name) for name, _, _ in rules)
    compiled.load()
    # The filter that was loaded last answers where both refuse.
    _refuse_newer_calls(newest)


def refuse_calls(names, error):
    """All other calls are allowed."""
    compiled = _Filter(_ALLOW)
    for name in names:
        compiled.add(_ERRNO | error, name)
    compiled.load()


def forget_newer_calls():
    """Calls and flags that Linux 5.15 lacks do not exist, and Landlock, which a configuration may leave out, neither."""
    process_mrelease = 448  # the last one of 5.15
    wait_killable_receive = 1 << 5  # a flag of seccomp(2), 5.19
    notification_set_flags = 0x40082104  # an ioctl(2), 6.6
    compiled = _Filter(_ALLOW)
    for name in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
        compiled.add(_ERRNO | errno.ENOSYS, name)
    compiled.add(_ERRNO | errno.EINVAL, "seccomp", [[1, "masked-all", wait_killable_receive]])
    compiled.add(_ERRNO | errno.ENOTTY, "ioctl", [[1, "equal", notification_set_flags]])
    compiled.load()
    _refuse_newer_calls(process_mrelease)
