// Landlock scopes; see landlock.h.
//
// A step that uses the host's network also reaches the abstract unix sockets of the host, for they
// belong to the network namespace: X11, old D-Bus sessions, containerd shims (CVE-2020-15257). The
// peer sees the uid of the caller. A landlock domain that handles no access right at all changes
// nothing about files and mounts, but its scopes are checked.
#include "src/sandbox/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

namespace {

// Source: Linux include/uapi/linux/landlock.h; that of Linux 6.1 has no scopes.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

constexpr unsigned kCreateRulesetVersion = 1U << 0;
constexpr std::uint64_t kScopeAbstractUnixSocket = 1U << 0;
constexpr std::uint64_t kScopeSignal = 1U << 1;
constexpr long kFirstAbiWithScopes = 6;

}  // namespace

bool landlock_has_scopes() noexcept {
  static const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateRulesetVersion);
  return abi >= kFirstAbiWithScopes;
}

bool confine_to_scopes() noexcept {
  RulesetAttributes attributes{};
  attributes.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  const Fd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  return ruleset && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace cbuild::sandbox
