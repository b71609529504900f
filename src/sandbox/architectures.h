// The system call interfaces of this processor that programs of a step may use.
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <span>

namespace cbuild::sandbox {

struct Architecture {
  std::uint32_t token;  ///< AUDIT_ARCH_*, which libseccomp takes too
  bool has_x32;
};

/// The native one first.
inline std::span<const Architecture> architectures() noexcept {
#if defined(__x86_64__)
  static constexpr Architecture kAll[] = {{SCMP_ARCH_X86_64, true}, {SCMP_ARCH_X86, false}};
#elif defined(__aarch64__)
  static constexpr Architecture kAll[] = {{SCMP_ARCH_AARCH64, false}, {SCMP_ARCH_ARM, false}};
#else
#error "no list of architectures for this processor"
#endif
  return kAll;
}

}  // namespace cbuild::sandbox
