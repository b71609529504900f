// The calls of credentials(7), answered from the table of credentials.
#include <linux/capability.h>
#include <sys/prctl.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/thread_status.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint32_t kShortOverflow = 65534;  // what an id above 16 bits is shown as
constexpr std::size_t kMostGroups = 65536;       // NGROUPS_MAX

std::uint32_t shown_id(const CallContext& call, std::uint32_t id) noexcept {
  return call.is_old() && id > 0xffff ? kShortOverflow : id;
}

/// Writes an id at an address. False: it is not memory of the caller.
bool write_id(const CallContext& call, std::uint64_t address, std::uint32_t id) {
  if (!call.is_old()) return call.tracee.write_value(address, id);
  return call.tracee.write_value(address, static_cast<std::uint16_t>(shown_id(call, id)));
}

Reply get_three(const CallContext& call, const EmulatedIds& ids) {
  const bool written = write_id(call, call.argument(0), ids.real) &&
                       write_id(call, call.argument(1), ids.effective) &&
                       write_id(call, call.argument(2), ids.saved);
  return written ? succeeding() : failing(EFAULT);
}

Reply get_groups(const CallContext& call, const std::vector<std::uint32_t>& groups) {
  const std::uint32_t room = call.word(0);
  if (room > std::numeric_limits<std::int32_t>::max()) return failing(EINVAL);
  if (room != 0 && room < groups.size()) return failing(EINVAL);
  const std::size_t width = call.is_old() ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
  for (std::size_t i = 0; room != 0 && i < groups.size(); ++i) {
    if (!write_id(call, call.argument(1) + i * width, groups[i])) return failing(EFAULT);
  }
  return Return{static_cast<long>(groups.size())};
}

/// nullopt: it is not memory of the caller.
std::optional<std::vector<std::uint32_t>> read_groups(const CallContext& call, std::size_t count) {
  std::vector<std::uint32_t> groups(count);
  if (!call.is_old()) {
    if (!call.tracee.read(call.argument(1), std::as_writable_bytes(std::span(groups))))
      return std::nullopt;
    return groups;
  }
  std::vector<std::uint16_t> narrow(count);
  if (!call.tracee.read(call.argument(1), std::as_writable_bytes(std::span(narrow))))
    return std::nullopt;
  groups.assign(narrow.begin(), narrow.end());
  return groups;
}

/// Does `make_change` to the credentials of the caller; it returns 0 or an errno.
template <typename Change>
Reply change(const CallContext& call, Change&& make_change) {
  EmulatedCredentials credentials = call.credentials();
  int code = make_change(credentials);
  if (code == 0 && credentials != call.credentials())
    code = call.emulation.credentials.set(call.tracee, credentials);
  return outcome(code);
}

/// `set` changes ids; it gets them, and whether the caller may take on any.
template <typename Set>
Reply change_user(const CallContext& call, Set&& set) {
  return change(call, [&](EmulatedCredentials& credentials) {
    const EmulatedIds former = credentials.user;
    const int code = set(call, credentials.user, credentials.has(CAP_SETUID));
    adjust_capabilities(credentials, former);
    return code;
  });
}

template <typename Set>
Reply change_group(const CallContext& call, Set&& set) {
  return change(call, [&](EmulatedCredentials& credentials) {
    return set(call, credentials.group, credentials.has(CAP_SETGID));
  });
}

int set_one(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const std::uint32_t id = call.id(0);
  if (id == kKeepId) return EINVAL;
  return set_id(ids, id, privileged) ? 0 : EPERM;
}

int set_two(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const bool done = set_real_and_effective(ids, call.id(0), call.id(1), privileged);
  return done ? 0 : EPERM;
}

int set_all(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const EmulatedIds wanted{.real = call.id(0), .effective = call.id(1), .saved = call.id(2)};
  return set_three(ids, wanted, privileged) ? 0 : EPERM;
}

/// As setfsuid(2) does, it succeeds always.
int set_only_filesystem(const CallContext& call, EmulatedIds& ids, bool privileged) {
  set_filesystem(ids, call.id(0), privileged);
  return 0;
}

int set_groups(const CallContext& call, EmulatedCredentials& credentials) {
  const std::size_t count = call.word(0);
  if (!credentials.has(CAP_SETGID)) return EPERM;
  if (count > kMostGroups) return EINVAL;
  auto groups = read_groups(call, count);
  if (!groups) return EFAULT;
  credentials.groups = std::move(*groups);
  return 0;
}

using CapabilitySets = std::array<__user_cap_data_struct, 2>;

/// Of a call about the caller itself that has sets. nullopt: it is not for us.
std::optional<__user_cap_header_struct> read_header(const CallContext& call) {
  __user_cap_header_struct header{};
  if (!call.tracee.read_value(call.argument(0), header) || call.argument(1) == 0 ||
      header.version != _LINUX_CAPABILITY_VERSION_3) {
    return std::nullopt;
  }
  const int proc = call.emulation.standpoint.proc();
  if (header.pid != 0 && header.pid != status_of(proc, call.tracee.thread()).inner_number)
    return std::nullopt;
  return header;
}

Reply show(const CallContext& call, std::uint32_t id) {
  return Return{static_cast<long>(shown_id(call, id))};
}

}  // namespace

Reply answer_getuid(const CallContext& call) {
  return show(call, call.credentials().user.real);
}

Reply answer_geteuid(const CallContext& call) {
  return show(call, call.credentials().user.effective);
}

Reply answer_getgid(const CallContext& call) {
  return show(call, call.credentials().group.real);
}

Reply answer_getegid(const CallContext& call) {
  return show(call, call.credentials().group.effective);
}

Reply answer_getresuid(const CallContext& call) {
  return get_three(call, call.credentials().user);
}

Reply answer_getresgid(const CallContext& call) {
  return get_three(call, call.credentials().group);
}

Reply answer_getgroups(const CallContext& call) {
  return get_groups(call, call.credentials().groups);
}

Reply answer_setuid(const CallContext& call) {
  return change_user(call, set_one);
}

Reply answer_setgid(const CallContext& call) {
  return change_group(call, set_one);
}

Reply answer_setreuid(const CallContext& call) {
  return change_user(call, set_two);
}

Reply answer_setregid(const CallContext& call) {
  return change_group(call, set_two);
}

Reply answer_setresuid(const CallContext& call) {
  return change_user(call, set_all);
}

Reply answer_setresgid(const CallContext& call) {
  return change_group(call, set_all);
}

Reply answer_setfsuid(const CallContext& call) {
  const std::uint32_t former = call.credentials().user.filesystem;
  change_user(call, set_only_filesystem);
  return show(call, former);
}

Reply answer_setfsgid(const CallContext& call) {
  const std::uint32_t former = call.credentials().group.filesystem;
  change_group(call, set_only_filesystem);
  return show(call, former);
}

Reply answer_setgroups(const CallContext& call) {
  return change(call, [&](EmulatedCredentials& all) { return set_groups(call, all); });
}

/// Of the caller; the sets of others are the kernel's.
Reply answer_capget(const CallContext& call) {
  const auto header = read_header(call);
  if (!header) return Proceed{};
  const EmulatedCredentials& credentials = call.credentials();
  CapabilitySets sets{};
  for (unsigned half = 0; half < sets.size(); ++half) {
    sets[half].effective = static_cast<std::uint32_t>(credentials.effective >> (32 * half));
    sets[half].permitted = static_cast<std::uint32_t>(credentials.permitted >> (32 * half));
  }
  return call.tracee.write_value(call.argument(1), sets) ? succeeding() : failing(EFAULT);
}

/// The kernel's sets of the caller stay as they are: they are those of the sandbox.
Reply answer_capset(const CallContext& call) {
  const auto header = read_header(call);
  CapabilitySets sets{};
  if (!header || !call.tracee.read_value(call.argument(1), sets)) return Proceed{};
  const auto whole = [&](std::uint32_t __user_cap_data_struct::*half) {
    return sets[0].*half | static_cast<std::uint64_t>(sets[1].*half) << 32;
  };
  return change(call, [&](EmulatedCredentials& credentials) {
    const bool done = set_capabilities(credentials, whole(&__user_cap_data_struct::permitted),
                                       whole(&__user_cap_data_struct::effective));
    return done ? 0 : EPERM;
  });
}

Reply answer_prctl(const CallContext& call) {
  if (call.word(0) == PR_GET_KEEPCAPS) return Return{call.credentials().keeps_capabilities ? 1 : 0};
  if (call.word(0) != PR_SET_KEEPCAPS || call.argument(1) > 1) return Proceed{};
  return change(call, [&](EmulatedCredentials& credentials) {
    credentials.keeps_capabilities = call.argument(1) == 1;
    return 0;
  });
}

}  // namespace cbuild::sandbox
