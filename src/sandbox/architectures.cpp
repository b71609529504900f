// Numbers of system calls; see architectures.h.
#include "src/sandbox/architectures.h"

#include <seccomp.h>

namespace cbuild::sandbox {

std::optional<std::uint32_t> call_number(std::uint32_t architecture, const char* name) noexcept {
  const int number = ::seccomp_syscall_resolve_name_arch(architecture, name);
  if (number < 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace cbuild::sandbox
