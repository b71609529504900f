// Dropping capabilities in all five sets; see capabilities.h.
#include "src/sandbox/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "cbuild/sandbox/spec.h"
#include "src/sandbox/network_namespace.h"

namespace cbuild::sandbox {

namespace {

constexpr int kKept[] = {
    CAP_CHOWN,   CAP_DAC_OVERRIDE,     CAP_FOWNER,     CAP_FSETID,
    CAP_KILL,    CAP_SETGID,           CAP_SETUID,     CAP_SETPCAP,
    CAP_SETFCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_AUDIT_WRITE,
};

}  // namespace

std::uint64_t kept_capabilities(bool own_network) noexcept {
  std::uint64_t kept = 0;
  for (const int capability : kKept)
    kept |= std::uint64_t{1} << capability;
  if (own_network) kept |= std::uint64_t{1} << CAP_NET_RAW;
  return kept;
}

std::uint64_t kept_capabilities(const Spec& spec) noexcept {
  return spec.capabilities.value_or(kept_capabilities(is_own_network(spec.network)));
}

std::uint64_t kept_capabilities_in_chroot(bool own_network) noexcept {
  std::uint64_t kept = kept_capabilities(own_network);
  for (const int capability : {CAP_SYS_CHROOT, CAP_AUDIT_WRITE})
    kept &= ~(std::uint64_t{1} << capability);
  for (int capability = 0; capability < 64; ++capability) {
    const std::uint64_t bit = std::uint64_t{1} << capability;
    if ((kept & bit) != 0 && !has_capability(capability)) kept &= ~bit;
  }
  return kept;
}

bool has_capability(int capability) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective >> (capability % 32) & 1) != 0;
}

bool limit_capabilities(std::uint64_t kept) noexcept {
  for (int capability = 0; capability < 64; ++capability) {
    if ((kept >> capability & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // the kernel has no more
    return false;
  }
  return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0;
}

bool set_capabilities(std::uint64_t kept) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; ++half) {
    data[half].permitted = static_cast<std::uint32_t>(kept >> (32 * half));
    data[half].effective = data[half].permitted;
  }
  return ::syscall(SYS_capset, &header, data) == 0;
}

}  // namespace cbuild::sandbox
