// The user namespace that a build works in: entered once, late, only when something must be
// unpacked or run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/cancel.h"

namespace cbuild::sandbox {

/// `count` ids from `inside` on are `outside` on in the parent namespace.
struct IdRange {
  std::uint32_t inside;
  std::uint32_t outside;
  std::uint32_t count;

  friend bool operator==(const IdRange&, const IdRange&) = default;
};

/// Lines "user:first:count" of /etc/subuid or /etc/subgid that belong to `user` (a name or a
/// decimal id). Pure.
std::vector<IdRange> parse_subids(std::string_view content,
                                  std::string_view user,
                                  std::uint32_t uid);

/// Moves this process into a user and mount namespace of its own where it is root: 0 is the caller,
/// 1… are the caller's subordinate ids (newuidmap); for real root all ids stay what they are. From
/// then on this process may mount, chown to all mapped ids and start sandboxes. Mounts are private
/// and go with the process. A second call does nothing. @pre no other thread is alive.
/// @throws Error(machine) that says what refused and how to mend it.
void enter_user_namespace(const CancelToken& cancel);

bool in_user_namespace() noexcept;

/// Whether id 0 in the namespace is root of the machine, not merely of a container: the kernel
/// spares it RLIMIT_NPROC.  @pre in_user_namespace()
bool is_root_of_machine() noexcept;

}  // namespace cbuild::sandbox
