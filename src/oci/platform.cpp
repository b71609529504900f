// Platforms: normal forms and which runs what.
#include "cbuild/oci/platform.h"

#include <sys/utsname.h>

#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

namespace {

struct Alias {
  std::string_view name;
  std::string_view architecture;
  std::string_view variant;
};

// Source: containerd/platforms, normalizeArch.
constexpr Alias kAliases[] = {
    {"x86_64", "amd64", ""}, {"x86-64", "amd64", ""},  {"i386", "386", ""},
    {"i686", "386", ""},     {"aarch64", "arm64", ""}, {"armhf", "arm", "v7"},
    {"armel", "arm", "v6"},  {"armv7l", "arm", "v7"},  {"armv6l", "arm", "v6"},
};

void normalize(Platform& platform) {
  for (const Alias& alias : kAliases) {
    if (platform.architecture != alias.name) continue;
    platform.architecture = alias.architecture;
    if (platform.variant.empty()) platform.variant = alias.variant;
  }
  if (platform.architecture == "arm64" && (platform.variant == "v8" || platform.variant == "8")) {
    platform.variant.clear();
  }
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
  if (platform.architecture == "arm" && !platform.variant.empty() && platform.variant[0] != 'v') {
    platform.variant.insert(0, "v");
  }
}

/// 7 of "v7"; an arm without variant is v7.
int arm_version(const std::string& variant) {
  if (variant.empty()) return 7;
  const auto version = parse_uint(std::string_view(variant).substr(1));
  return version && *version < 100 ? static_cast<int>(*version) : 0;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") ==
                              std::string_view::npos;
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  const std::vector<std::string> parts = split(to_lower(text), '/');
  bool valid = parts.size() <= 3;
  for (const std::string& part : parts)
    valid = valid && is_name(part);
  if (!valid) {
    throw Error(ErrorKind::usage, "'{}' is not a platform (want os/architecture, like linux/amd64)",
                text);
  }
  Platform platform;
  const Platform here = host();
  if (parts.size() == 1) {
    const bool is_os = parts[0] == "linux" || parts[0] == "windows" || parts[0] == "darwin" ||
                       parts[0] == "freebsd" || parts[0] == "wasip1";
    platform.os = is_os ? parts[0] : here.os;
    platform.architecture = is_os ? here.architecture : parts[0];
  } else {
    platform.os = parts[0];
    platform.architecture = parts[1];
    if (parts.size() == 3) platform.variant = parts[2];
  }
  normalize(platform);
  return platform;
}

Platform Platform::host() {
  utsname names{};
  ::uname(&names);
  Platform platform{"linux", names.machine, "", ""};
  normalize(platform);
  return platform;
}

std::string Platform::to_string() const {
  std::string text = os + "/" + architecture;
  if (!variant.empty()) text += "/" + variant;
  return text;
}

int match_quality(const Platform& wanted, const Platform& offered_as_written) {
  Platform offered = offered_as_written;
  normalize(offered);
  if (wanted.os != offered.os) return 0;
  if (!wanted.os_version.empty() && wanted.os_version != offered.os_version) return 0;
  if (wanted.architecture == offered.architecture) {
    if (wanted.variant == offered.variant) return 100;
    if (wanted.architecture != "arm") return offered.variant.empty() ? 50 : 0;
    const int want = arm_version(wanted.variant);
    const int have = arm_version(offered.variant);
    return have != 0 && have <= want ? 50 + have : 0;
  }
  return 0;
}

}  // namespace cbuild::oci
