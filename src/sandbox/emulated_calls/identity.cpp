// The calls of credentials(7), answered from the table of credentials.
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint32_t kShortKeep = 0xffff;
constexpr std::uint32_t kShortOverflow = 65534;  // what an id above 16 bits is shown as
constexpr std::size_t kMostGroups = 65536;       // NGROUPS_MAX

std::uint32_t shown_id(const CallContext& call, std::uint32_t id) noexcept {
  return call.is_old() && id > kShortKeep ? kShortOverflow : id;
}

std::uint32_t id_argument(const CallContext& call, int index) {
  const std::uint32_t id = call.word(index);
  if (!call.is_old()) return id;
  return (id & kShortKeep) == kShortKeep ? kKeepId : id & kShortKeep;
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

/// Does `change` to the credentials of the caller; it returns 0 or an errno.
template <typename Change>
Reply change(const CallContext& call, Change&& make_change) {
  EmulatedCredentials credentials = call.credentials();
  int code = make_change(credentials, credentials.is_privileged());
  if (code == 0 && credentials != call.credentials())
    code = call.emulation.credentials.set(call.tracee.thread(), credentials);
  return outcome(code);
}

int set_one(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const std::uint32_t id = id_argument(call, 0);
  if (id == kKeepId) return EINVAL;
  return set_id(ids, id, privileged) ? 0 : EPERM;
}

int set_two(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const bool done =
      set_real_and_effective(ids, id_argument(call, 0), id_argument(call, 1), privileged);
  return done ? 0 : EPERM;
}

int set_all(const CallContext& call, EmulatedIds& ids, bool privileged) {
  const EmulatedIds wanted{.real = id_argument(call, 0),
                           .effective = id_argument(call, 1),
                           .saved = id_argument(call, 2)};
  return set_three(ids, wanted, privileged) ? 0 : EPERM;
}

int set_groups(const CallContext& call, EmulatedCredentials& credentials, bool privileged) {
  const std::size_t count = call.word(0);
  if (!privileged) return EPERM;
  if (count > kMostGroups) return EINVAL;
  auto groups = read_groups(call, count);
  if (!groups) return EFAULT;
  credentials.groups = std::move(*groups);
  return 0;
}

/// It returns the former id, whether it could change it or not.
Reply set_filesystem_id(const CallContext& call, EmulatedIds EmulatedCredentials::*ids) {
  const std::uint32_t former = (call.credentials().*ids).filesystem;
  change(call, [&](EmulatedCredentials& credentials, bool privileged) {
    set_filesystem(credentials.*ids, id_argument(call, 0), privileged);
    return 0;
  });
  return Return{static_cast<long>(shown_id(call, former))};
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
  return change(call, [&](auto& all, bool root) { return set_one(call, all.user, root); });
}

Reply answer_setgid(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_one(call, all.group, root); });
}

Reply answer_setreuid(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_two(call, all.user, root); });
}

Reply answer_setregid(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_two(call, all.group, root); });
}

Reply answer_setresuid(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_all(call, all.user, root); });
}

Reply answer_setresgid(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_all(call, all.group, root); });
}

Reply answer_setfsuid(const CallContext& call) {
  return set_filesystem_id(call, &EmulatedCredentials::user);
}

Reply answer_setfsgid(const CallContext& call) {
  return set_filesystem_id(call, &EmulatedCredentials::group);
}

Reply answer_setgroups(const CallContext& call) {
  return change(call, [&](auto& all, bool root) { return set_groups(call, all, root); });
}

/// Who is not root has no effective capability, and none permitted unless it can become root again.
Reply answer_capget(const CallContext& call) {
  const EmulatedIds& user = call.credentials().user;
  if (user.effective == 0) return Proceed{};
  __user_cap_header_struct header{};
  const std::uint64_t address = call.argument(1);
  if (!call.tracee.read_value(call.argument(0), header) || address == 0) return Proceed{};
  if (header.version != _LINUX_CAPABILITY_VERSION_3) return Proceed{};
  std::array<__user_cap_data_struct, 2> sets{};
  header.pid = call.tracee.thread();
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return failing(errno);
  for (__user_cap_data_struct& set : sets) {
    set.effective = 0;
    if (user.real != 0 && user.saved != 0) set.permitted = 0;
  }
  return call.tracee.write_value(address, sets) ? succeeding() : failing(EFAULT);
}

}  // namespace cbuild::sandbox
