// Names of sysctls; see sysctl.h.
#include "src/sandbox/sysctl.h"

#include <algorithm>
#include <array>

namespace cbuild::sandbox {

namespace {

constexpr std::array<std::string_view, 8> kIpc = {
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
};

/// Words with dots between them: nothing that leads elsewhere as a path.
bool is_well_formed(std::string_view name) noexcept {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.ends_with('.') && name.find("..") == std::string_view::npos &&
         name.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

SysctlNamespace namespace_of_sysctl(std::string_view name) noexcept {
  if (!is_well_formed(name)) return SysctlNamespace::none;
  if (name.starts_with("net.")) return SysctlNamespace::network;
  const bool is_ipc = name.starts_with("fs.mqueue.") || std::ranges::find(kIpc, name) != kIpc.end();
  return is_ipc ? SysctlNamespace::ipc : SysctlNamespace::none;
}

std::string sysctl_path(std::string_view name) {
  std::string path = "/proc/sys/";
  path += name;
  std::replace(path.begin(), path.end(), '.', '/');
  return path;
}

}  // namespace cbuild::sandbox
