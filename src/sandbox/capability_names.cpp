// The names of capabilities; see capability_names.h.
#include "cbuild/sandbox/capability_names.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace cbuild::sandbox {

namespace {

/// By number. Source: Linux include/uapi/linux/capability.h
constexpr std::array<std::string_view, 41> kNames = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
};

constexpr std::string_view kPrefix = "CAP_";

}  // namespace

std::optional<std::uint64_t> parse_capability(std::string_view name) {
  std::string wanted(name);
  for (char& letter : wanted)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (wanted == "ALL") return kAllCapabilities;
  if (wanted.starts_with(kPrefix)) wanted.erase(0, kPrefix.size());
  const auto found = std::ranges::find(kNames, wanted);
  if (found == kNames.end()) return std::nullopt;
  return std::uint64_t{1} << (found - kNames.begin());
}

std::vector<std::string> capability_names(std::uint64_t capabilities) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if ((capabilities >> i & 1) != 0)
      names.push_back(std::string(kPrefix) + std::string(kNames[i]));
  }
  return names;
}

}  // namespace cbuild::sandbox
