// Landlock domains; see landlock.h.
//
// A step that uses the host's network also reaches the abstract unix sockets of the host, for they
// belong to the network namespace: X11, old D-Bus sessions, containerd shims (CVE-2020-15257). The
// peer sees the uid of the caller. A landlock domain that handles no access right at all changes
// nothing about files and mounts, but its scopes are checked.
#include "src/sandbox/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild::sandbox {

namespace {

// Source: Linux include/uapi/linux/landlock.h; that of Linux 6.1 has no scopes.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

constexpr unsigned kCreateRulesetVersion = 1U << 0;
constexpr long kFirstAbiWithScopes = 6;

/// Before it a domain that handles files cannot rename or link between directories at all.
constexpr long kFirstAbiWithRefer = 2;

// Source: as above.
struct [[gnu::packed]] PathBeneathAttributes {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

constexpr int kRulePathBeneath = 1;
constexpr std::uint64_t kRefer = 1U << 13;

long landlock_abi() noexcept {
  static const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateRulesetVersion);
  return abi;
}

/// All rights on files that an ABI knows: 13 of the first, then REFER, TRUNCATE and IOCTL_DEV.
constexpr std::uint64_t file_rights(long abi) noexcept {
  const int count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;
  return (std::uint64_t{1} << count) - 1;
}

/// A kernel without scopes does not know the third member.
std::size_t size_of_attributes(long abi) noexcept {
  if (abi >= kFirstAbiWithScopes) return sizeof(RulesetAttributes);
  return abi >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

/// Only what lies beneath `directory` may be used in the ways of `rights`; and the scopes, where
/// the kernel has them.
Fd make_ruleset(std::uint64_t rights, int directory) {
  const long abi = landlock_abi();
  RulesetAttributes attributes{};
  attributes.handled_access_fs = rights;
  if (landlock_has_scopes()) attributes.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  Fd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, size_of_attributes(abi), 0)));
  const PathBeneathAttributes rule{rights, directory};
  if (!ruleset ||
      ::syscall(SYS_landlock_add_rule, ruleset.get(), kRulePathBeneath, &rule, 0) != 0) {
    throw SysError("make a Landlock ruleset");
  }
  return ruleset;
}

}  // namespace

bool landlock_has_scopes() noexcept {
  return landlock_abi() >= kFirstAbiWithScopes;
}

Fd landlock_of_root(int root) {
  const long abi = landlock_abi();
  return abi < kFirstAbiWithRefer ? Fd() : make_ruleset(file_rights(abi), root);
}

Fd landlock_of_scopes() {
  return make_ruleset(kRefer, open_directory("/").get());
}

bool confine_to(int ruleset) noexcept {
  return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool confine_to_scopes(std::uint64_t scopes) noexcept {
  RulesetAttributes attributes{};
  attributes.scoped = scopes;
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  return ruleset && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace cbuild::sandbox
