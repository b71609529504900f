// Which system calls a RUN may make: names only.
#pragma once

#include <span>

namespace cbuild::sandbox {

/// Allowed whatever the arguments. moby's default profile without what needs capabilities that a
/// RUN has not, without clone, unshare, personality, socket, socketpair and ioctl, which are looked
/// into, and without socketcall(2).
std::span<const char* const> allowed_calls() noexcept;

/// Known and refused with EPERM. What is in neither list is refused with ENOSYS, so that programs
/// fall back to older calls: what is newer than the lists, clone3 and io_uring.
std::span<const char* const> denied_calls() noexcept;

/// Calls that are allowed but younger than the tables of libseccomp may be. Their numbers are the
/// same on all architectures.
struct NumberedCall {
  const char* name;
  int number;
};

std::span<const NumberedCall> young_allowed_calls() noexcept;

/// Calls that whoever has the capability may make, as with docker. CAP_SYS_ADMIN also allows
/// clone(2) and unshare(2) with any flags.
struct CapabilityCall {
  const char* name;
  int capability;
};

std::span<const CapabilityCall> calls_of_capabilities() noexcept;

/// Calls that 32-bit x86 once had behind socketcall(2) and ipc(2) only, and that libseccomp
/// therefore does not number: allowed like their namesakes. socket(2) and socketpair(2) are looked
/// into.
std::span<const NumberedCall> split_x86_calls() noexcept;
inline constexpr int kX86Socket = 359;
inline constexpr int kX86Socketpair = 360;

}  // namespace cbuild::sandbox
