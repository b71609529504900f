// Parses --device; see device_flag.h.
#include "src/cli/container_flags/device_flag.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

bool are_permissions(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c == 'r' || c == 'w' || c == 'm') && std::ranges::count(text, c) == 1;
  });
}

bool is_name(std::string_view text, std::string_view further) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           further.find(c) != std::string_view::npos;
  });
}

/// "vendor.com/class=name", whose name may hold colons. Source: CDI specification, "Kind".
bool is_cdi_name(std::string_view text) {
  const auto slash = text.find('/');
  const auto equals = text.find('=');
  if (slash == std::string_view::npos || equals == std::string_view::npos || equals < slash) {
    return false;
  }
  return is_name(text.substr(0, slash), "._-") &&
         is_name(text.substr(slash + 1, equals - slash - 1), "_-") &&
         is_name(text.substr(equals + 1), "_.:-");
}

std::string device_path(const std::string& path) {
  if (path.starts_with('/')) return clean_path("/", path);
  throw Error(ErrorKind::usage, "{} is not an absolute path", printable(path))
      .with_hint("want HOST[:CONTAINER[:PERMISSIONS]], such as /dev/fuse or /dev/sr0:/dev/cd:r");
}

}  // namespace

DeviceRequest parse_device_flag(const std::string& text) {
  DeviceRequest device;
  if (!text.starts_with('/') && is_cdi_name(text)) {
    device.cdi = text;
    return device;
  }
  return with_context(fmt::format("--device '{}'", printable(text)), [&] {
    const std::vector<std::string> parts = split(text, ':');
    if (parts.size() > 3 || parts[0].empty()) {
      throw Error(ErrorKind::usage, "bad format for path: {}", printable(text))
          .with_hint("want HOST[:CONTAINER[:PERMISSIONS]], such as /dev/fuse");
    }
    device.source = device.target = device_path(parts[0]);
    const bool permissions_only = parts.size() == 2 && are_permissions(parts[1]);
    if (permissions_only) device.permissions = parts[1];
    if (parts.size() > 1 && !permissions_only) device.target = device_path(parts[1]);
    if (parts.size() == 3) device.permissions = parts[2];
    if (!are_permissions(device.permissions)) {
      throw Error(ErrorKind::usage, "bad mode specified: {} (want letters of rwm)",
                  printable(device.permissions));
    }
    return device;
  });
}

}  // namespace cbuild::cli
