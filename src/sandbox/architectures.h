// The system call interfaces of this processor that programs of a step may use.
#pragma once

#include <linux/audit.h>

#include <cstdint>
#include <optional>
#include <span>

namespace cbuild::sandbox {

struct Architecture {
  std::uint32_t token;  ///< AUDIT_ARCH_*
  bool has_x32;
};

/// The native one first.
inline std::span<const Architecture> architectures() noexcept {
#if defined(__x86_64__)
  static constexpr Architecture kAll[] = {{AUDIT_ARCH_X86_64, true}, {AUDIT_ARCH_I386, false}};
#elif defined(__aarch64__)
  static constexpr Architecture kAll[] = {{AUDIT_ARCH_AARCH64, false}, {AUDIT_ARCH_ARM, false}};
#else
#error "no list of architectures for this processor"
#endif
  return kAll;
}

/// The number of a system call; nullopt where the architecture has none of this name, or libseccomp
/// is older than it.
std::optional<std::uint32_t> call_number(std::uint32_t architecture, const char* name) noexcept;

}  // namespace cbuild::sandbox
