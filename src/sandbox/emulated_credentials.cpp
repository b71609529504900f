// The rules of credentials(7); see emulated_credentials.h.
#include "src/sandbox/emulated_credentials.h"

#include <linux/capability.h>

#include <algorithm>

namespace cbuild::sandbox {

namespace {

bool is_real_or_effective(const EmulatedIds& ids, std::uint32_t id) noexcept {
  return id == ids.real || id == ids.effective;
}

bool is_one_of(const EmulatedIds& ids, std::uint32_t id) noexcept {
  return is_real_or_effective(ids, id) || id == ids.saved;
}

bool is_root(const EmulatedIds& user) noexcept {
  return is_one_of(user, 0);
}

/// Those that go with the file system's user id.
constexpr std::uint64_t kOfFileSystem =
    std::uint64_t{1} << CAP_CHOWN | std::uint64_t{1} << CAP_MKNOD |
    std::uint64_t{1} << CAP_DAC_OVERRIDE | std::uint64_t{1} << CAP_DAC_READ_SEARCH |
    std::uint64_t{1} << CAP_FOWNER | std::uint64_t{1} << CAP_FSETID;

}  // namespace

bool EmulatedCredentials::is_in_group(std::uint32_t gid) const noexcept {
  return gid == group.filesystem || std::ranges::find(groups, gid) != groups.end();
}

bool set_id(EmulatedIds& ids, std::uint32_t id, bool privileged) noexcept {
  if (privileged) {
    ids = EmulatedIds::all(id);
    return true;
  }
  if (id != ids.real && id != ids.saved) return false;
  ids.effective = ids.filesystem = id;
  return true;
}

bool set_real_and_effective(EmulatedIds& ids,
                            std::uint32_t real,
                            std::uint32_t effective,
                            bool privileged) noexcept {
  if (!privileged) {
    if (real != kKeepId && !is_real_or_effective(ids, real)) return false;
    if (effective != kKeepId && !is_one_of(ids, effective)) return false;
  }
  const std::uint32_t former = ids.real;
  if (real != kKeepId) ids.real = real;
  if (effective != kKeepId) ids.effective = effective;
  if (real != kKeepId || (effective != kKeepId && effective != former)) ids.saved = ids.effective;
  ids.filesystem = ids.effective;
  return true;
}

bool set_three(EmulatedIds& ids, const EmulatedIds& wanted, bool privileged) noexcept {
  const auto is_allowed = [&](std::uint32_t id) {
    return privileged || id == kKeepId || is_one_of(ids, id);
  };
  if (!is_allowed(wanted.real) || !is_allowed(wanted.effective) || !is_allowed(wanted.saved)) {
    return false;
  }
  if (wanted.real != kKeepId) ids.real = wanted.real;
  if (wanted.effective != kKeepId) ids.effective = wanted.effective;
  if (wanted.saved != kKeepId) ids.saved = wanted.saved;
  ids.filesystem = ids.effective;
  return true;
}

void set_filesystem(EmulatedIds& ids, std::uint32_t id, bool privileged) noexcept {
  if (id != kKeepId && (privileged || is_one_of(ids, id))) ids.filesystem = id;
}

void adjust_capabilities(EmulatedCredentials& credentials, const EmulatedIds& former) noexcept {
  const EmulatedIds& now = credentials.user;
  if (is_root(former) && !is_root(now) && !credentials.keeps_capabilities)
    credentials.permitted = credentials.effective = 0;
  if (former.effective == 0 && now.effective != 0) credentials.effective = 0;
  if (former.effective != 0 && now.effective == 0) credentials.effective = credentials.permitted;
  if (former.effective != now.effective) return;
  if (former.filesystem == 0 && now.filesystem != 0) credentials.effective &= ~kOfFileSystem;
  if (former.filesystem != 0 && now.filesystem == 0)
    credentials.effective |= credentials.permitted & kOfFileSystem;
}

bool set_capabilities(EmulatedCredentials& credentials,
                      std::uint64_t permitted,
                      std::uint64_t effective) noexcept {
  if ((permitted & ~credentials.permitted) != 0 || (effective & ~permitted) != 0) return false;
  credentials.permitted = permitted;
  credentials.effective = effective;
  return true;
}

void execute(EmulatedCredentials& credentials,
             const ProgramIds& program,
             std::uint64_t bounding) noexcept {
  const auto apply = [](EmulatedIds& ids, std::optional<std::uint32_t> owner) {
    if (owner) ids.effective = *owner;
    ids.saved = ids.filesystem = ids.effective;
  };
  apply(credentials.user, program.user);
  apply(credentials.group, program.group);
  const EmulatedIds& user = credentials.user;
  credentials.permitted = user.effective == 0 || user.real == 0 ? bounding : 0;
  credentials.effective = user.effective == 0 ? credentials.permitted : 0;
  credentials.keeps_capabilities = false;
}

bool may_chown(const EmulatedCredentials& credentials,
               std::uint32_t uid,
               std::uint32_t gid,
               std::uint32_t new_uid,
               std::uint32_t new_gid) noexcept {
  if (credentials.has(CAP_CHOWN)) return true;
  const bool owns = credentials.user.filesystem == uid;
  if (new_uid != kKeepId && !(owns && new_uid == uid)) return false;
  return new_gid == kKeepId || (owns && (new_gid == gid || credentials.is_in_group(new_gid)));
}

}  // namespace cbuild::sandbox
