// Parts of the flags for mounts; see mount_parts.h.
#include "src/cli/container_flags/mount_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_volume_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

std::string mount_target(std::string_view path) {
  if (!path.starts_with('/')) {
    throw Error(ErrorKind::usage, "invalid mount path: '{}' mount path must be absolute",
                printable(path))
        .with_hint("begin the path in the container with /");
  }
  std::string target = clean_path("/", path);
  if (target == "/") {
    throw Error(ErrorKind::usage, "invalid specification: destination can't be '/'")
        .with_hint("name a directory in the container, such as /data");
  }
  return target;
}

std::string volume_name(std::string_view name) {
  if (name.size() == 1 && is_alphanumeric(name.front())) {
    throw Error(ErrorKind::usage,
                "volume name is too short: '{}' (want at least two alphanumeric characters)", name);
  }
  if (name.empty() || !is_alphanumeric(name.front()) ||
      !std::ranges::all_of(name, is_volume_character)) {
    throw Error(ErrorKind::usage,
                "'{}' includes invalid characters for a local volume name, only "
                "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed",
                printable(name))
        .with_hint("to mount a directory of this machine, begin its path with / or ./");
  }
  return std::string(name);
}

std::optional<MountRequest::Propagation> propagation_of(std::string_view word) {
  using Propagation = MountRequest::Propagation;
  constexpr std::array<std::pair<std::string_view, Propagation>, 6> kWords = {
      {{"rprivate", Propagation::rprivate},
       {"private", Propagation::private_},
       {"rslave", Propagation::rslave},
       {"slave", Propagation::slave},
       {"rshared", Propagation::rshared},
       {"shared", Propagation::shared}}};
  for (const auto& [name, propagation] : kWords) {
    if (word == name) return propagation;
  }
  return std::nullopt;
}

std::uint32_t mount_mode(std::string_view key, std::string_view text) {
  constexpr std::uint32_t kMost = 07777;
  std::uint32_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, mode, 8);
  if (text.empty() || error != std::errc() || rest != end || mode > kMost) {
    throw Error(ErrorKind::usage, "invalid value for {}: {} (want an octal number such as 1777)",
                key, printable(text));
  }
  return mode;
}

}  // namespace cbuild::cli
