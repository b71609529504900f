// The table of notified calls, and its filter; see notified_calls.h.
#include "src/sandbox/notified_calls.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstddef>
#include <map>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>

#include "src/sandbox/architectures.h"
#include "src/sandbox/bpf_assembler.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint32_t kNotify = SECCOMP_RET_USER_NOTIF;
constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kSucceed = SECCOMP_RET_ERRNO | 0;
constexpr std::uint32_t kMayCreate = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
constexpr unsigned kThis = AT_EMPTY_PATH;
constexpr unsigned kLink = AT_SYMLINK_NOFOLLOW;

// The filter compares in this order: frequent calls first.
constexpr CallForm kForms[] = {
    {.name = "newfstatat", .call = Call::stat, .dirfd = 0, .path = 1, .flags = 3, .first = 2},
    {.name = "openat", .call = Call::open, .dirfd = 0, .path = 1, .first = 2},
    {.name = "statx", .call = Call::statx, .dirfd = 0, .path = 1, .flags = 2, .first = 3},
    {.name = "open", .call = Call::open, .path = 0, .first = 1},
    {.name = "stat", .call = Call::stat, .path = 0, .first = 1, .old_on_32_bits = true},
    {.name = "fstat",
     .call = Call::stat,
     .dirfd = 0,
     .first = 1,
     .fixed_flags = kThis,
     .old_on_32_bits = true},
    {.name = "lstat",
     .call = Call::stat,
     .path = 0,
     .first = 1,
     .fixed_flags = kLink,
     .old_on_32_bits = true},
    {.name = "stat64", .call = Call::stat, .path = 0, .first = 1},
    {.name = "fstat64", .call = Call::stat, .dirfd = 0, .first = 1, .fixed_flags = kThis},
    {.name = "lstat64", .call = Call::stat, .path = 0, .first = 1, .fixed_flags = kLink},
    {.name = "fstatat64", .call = Call::stat, .dirfd = 0, .path = 1, .flags = 3, .first = 2},

    {.name = "execve", .call = Call::execve, .path = 0, .first = 1},
    {.name = "execveat", .call = Call::execve, .dirfd = 0, .path = 1, .flags = 4, .first = 2},

    {.name = "fchmod", .call = Call::chmod, .dirfd = 0, .first = 1, .fixed_flags = kThis},
    {.name = "fchmodat", .call = Call::chmod, .dirfd = 0, .path = 1, .first = 2},
    {.name = "chmod", .call = Call::chmod, .path = 0, .first = 1},
    {.name = "fchmodat2", .call = Call::chmod, .dirfd = 0, .path = 1, .flags = 3, .first = 2},
    {.name = "fchown",
     .call = Call::chown,
     .dirfd = 0,
     .first = 1,
     .fixed_flags = kThis,
     .old_on_32_bits = true},
    {.name = "fchownat", .call = Call::chown, .dirfd = 0, .path = 1, .flags = 4, .first = 2},
    {.name = "lchown",
     .call = Call::chown,
     .path = 0,
     .first = 1,
     .fixed_flags = kLink,
     .old_on_32_bits = true},
    {.name = "chown", .call = Call::chown, .path = 0, .first = 1, .old_on_32_bits = true},
    {.name = "fchown32", .call = Call::chown, .dirfd = 0, .first = 1, .fixed_flags = kThis},
    {.name = "lchown32", .call = Call::chown, .path = 0, .first = 1, .fixed_flags = kLink},
    {.name = "chown32", .call = Call::chown, .path = 0, .first = 1},

    {.name = "mkdir", .call = Call::mkdir, .path = 0, .first = 1},
    {.name = "mkdirat", .call = Call::mkdir, .dirfd = 0, .path = 1, .first = 2},
    {.name = "symlink", .call = Call::symlink, .path = 1, .first = 0},
    {.name = "symlinkat", .call = Call::symlink, .dirfd = 1, .path = 2, .first = 0},
    {.name = "mknod", .call = Call::mknod, .path = 0, .first = 1},
    {.name = "mknodat", .call = Call::mknod, .dirfd = 0, .path = 1, .first = 2},
    {.name = "creat", .call = Call::creat, .path = 0, .first = 1},
    {.name = "openat2", .call = Call::openat2, .dirfd = 0, .path = 1, .first = 2},
    {.name = "chroot", .call = Call::chroot, .path = 0, .first = 1},
    {.name = "setxattr", .call = Call::set_attribute, .path = 0, .first = 1},
    {.name = "lsetxattr", .call = Call::set_attribute, .path = 0, .first = 1},
    {.name = "fsetxattr", .call = Call::set_attribute, .dirfd = 0, .first = 1},
    {.name = "removexattr", .call = Call::set_attribute, .path = 0, .first = 1},
    {.name = "lremovexattr", .call = Call::set_attribute, .path = 0, .first = 1},
    {.name = "fremovexattr", .call = Call::set_attribute, .dirfd = 0, .first = 1},
    {.name = "listxattr", .call = Call::list_attributes, .path = 0, .first = 1},
    {.name = "llistxattr",
     .call = Call::list_attributes,
     .path = 0,
     .first = 1,
     .fixed_flags = kLink},
    {.name = "flistxattr",
     .call = Call::list_attributes,
     .dirfd = 0,
     .first = 1,
     .fixed_flags = kThis},
    {.name = "getsockopt", .call = Call::getsockopt},

    {.name = "getuid", .call = Call::getuid, .old_on_32_bits = true},
    {.name = "geteuid", .call = Call::geteuid, .old_on_32_bits = true},
    {.name = "getgid", .call = Call::getgid, .old_on_32_bits = true},
    {.name = "getegid", .call = Call::getegid, .old_on_32_bits = true},
    {.name = "getresuid", .call = Call::getresuid, .old_on_32_bits = true},
    {.name = "getresgid", .call = Call::getresgid, .old_on_32_bits = true},
    {.name = "getgroups", .call = Call::getgroups, .old_on_32_bits = true},
    {.name = "setuid", .call = Call::setuid, .old_on_32_bits = true},
    {.name = "setreuid", .call = Call::setreuid, .old_on_32_bits = true},
    {.name = "setresuid", .call = Call::setresuid, .old_on_32_bits = true},
    {.name = "setfsuid", .call = Call::setfsuid, .old_on_32_bits = true},
    {.name = "setgid", .call = Call::setgid, .old_on_32_bits = true},
    {.name = "setregid", .call = Call::setregid, .old_on_32_bits = true},
    {.name = "setresgid", .call = Call::setresgid, .old_on_32_bits = true},
    {.name = "setfsgid", .call = Call::setfsgid, .old_on_32_bits = true},
    {.name = "setgroups", .call = Call::setgroups, .old_on_32_bits = true},
    {.name = "getuid32", .call = Call::getuid},
    {.name = "geteuid32", .call = Call::geteuid},
    {.name = "getgid32", .call = Call::getgid},
    {.name = "getegid32", .call = Call::getegid},
    {.name = "getresuid32", .call = Call::getresuid},
    {.name = "getresgid32", .call = Call::getresgid},
    {.name = "getgroups32", .call = Call::getgroups},
    {.name = "setuid32", .call = Call::setuid},
    {.name = "setreuid32", .call = Call::setreuid},
    {.name = "setresuid32", .call = Call::setresuid},
    {.name = "setfsuid32", .call = Call::setfsuid},
    {.name = "setgid32", .call = Call::setgid},
    {.name = "setregid32", .call = Call::setregid},
    {.name = "setresgid32", .call = Call::setresgid},
    {.name = "setfsgid32", .call = Call::setfsgid},
    {.name = "setgroups32", .call = Call::setgroups},
    {.name = "capget", .call = Call::capget},
    {.name = "capset", .call = Call::capset},
    {.name = "prctl", .call = Call::prctl},
};

/// The number; nullopt where the architecture has no such call.
std::optional<std::uint32_t> number_of(std::uint32_t architecture, const CallForm& form) {
  constexpr std::uint32_t kFchmodat2 = 452;  // an old libseccomp does not know it
  constexpr std::uint32_t kX86Getsockopt = 365;
  const std::string_view name = form.name;
  if (name == "fchmodat2") return kFchmodat2;
  if (name == "getsockopt" && architecture == AUDIT_ARCH_I386) return kX86Getsockopt;
  return call_number(architecture, form.name);
}

using Forms = std::map<std::pair<std::uint32_t, std::uint32_t>, const CallForm*>;

Forms numbered_forms() {
  Forms forms;
  for (const Architecture& architecture : architectures()) {
    for (const CallForm& form : kForms) {
      if (const auto number = number_of(architecture.token, form))
        forms[{architecture.token, *number}] = &form;
    }
  }
  return forms;
}

using Label = BpfAssembler::Label;

Label write_prctl(BpfAssembler& to) {
  Label next = to.returning(kAllow);
  for (const std::uint32_t option : {PR_SET_KEEPCAPS, PR_GET_KEEPCAPS})
    next = to.jump(BPF_JEQ, option, to.returning(kNotify), next);
  to.jump(BPF_JEQ, PR_SET_TIMERSLACK, to.returning(kSucceed), next);
  return to.load_argument(0);
}

Label write_getsockopt(BpfAssembler& to) {
  const Label other = to.returning(kAllow);
  to.jump(BPF_JEQ, SO_PEERCRED, to.returning(kNotify), other);
  const Label option = to.load_argument(2);
  to.jump(BPF_JEQ, SOL_SOCKET, option, other);
  return to.load_argument(1);
}

Label write_verdict(BpfAssembler& to, const CallForm& form) {
  if (form.call == Call::prctl) return write_prctl(to);
  if (form.call == Call::getsockopt) return write_getsockopt(to);
  if (form.call != Call::open) return to.returning(kNotify);
  to.jump(BPF_JSET, kMayCreate, to.returning(kNotify), to.returning(kAllow));
  return to.load_argument(static_cast<std::size_t>(form.first));
}

Label write_opening_verdict(BpfAssembler& to, const CallForm& form) {
  const bool opens =
      form.call == Call::open || form.call == Call::openat2 || form.call == Call::creat;
  return to.returning(opens ? kNotify : kAllow);
}

using WriteVerdict = Label (*)(BpfAssembler&, const CallForm&);

/// The accumulator holds the number.
Label write_comparisons(BpfAssembler& to, std::uint32_t architecture, WriteVerdict verdict) {
  Label next = to.returning(kAllow);
  for (const CallForm& form : kForms | std::views::reverse) {
    const auto number = number_of(architecture, form);
    if (number) next = to.jump(BPF_JEQ, *number, verdict(to, form), next);
  }
  return next;
}

std::vector<sock_filter> build(WriteVerdict verdict) {
  BpfAssembler to;
  Label otherwise = to.returning(kAllow);
  for (const Architecture& architecture : architectures() | std::views::reverse) {
    write_comparisons(to, architecture.token, verdict);
    const Label entry = to.load(offsetof(seccomp_data, nr));
    otherwise = to.jump(BPF_JEQ, architecture.token, entry, otherwise);
  }
  to.load(offsetof(seccomp_data, arch));
  return to.finish();
}

}  // namespace

const CallForm* find_call_form(std::uint32_t architecture, int number) {
  static const Forms forms = numbered_forms();
  const auto found = forms.find({architecture, static_cast<std::uint32_t>(number)});
  return found == forms.end() ? nullptr : found->second;
}

const std::vector<sock_filter>& notification_program() {
  static const std::vector<sock_filter> program = build(write_verdict);
  return program;
}

const std::vector<sock_filter>& opening_program() {
  static const std::vector<sock_filter> program = build(write_opening_verdict);
  return program;
}

}  // namespace cbuild::sandbox
