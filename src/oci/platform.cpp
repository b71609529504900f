// Platforms: normal forms and which runs what.
#include "cbuild/oci/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <iterator>
#include <span>
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
  std::string& variant = platform.variant;
  for (const Alias& alias : kAliases) {
    if (platform.architecture != alias.name) continue;
    platform.architecture = alias.architecture;
    if (variant.empty()) variant = alias.variant;
  }
  if (platform.architecture == "arm") {
    if (variant.empty()) variant = "v7";
    if (variant[0] != 'v') variant.insert(0, "v");
  }
  if (platform.architecture == "arm64" && (variant == "v8" || variant == "8")) variant.clear();
  if (platform.architecture == "amd64" && variant == "v1") variant.clear();
}

/// 7 of "v7"; without a variant, what the architecture began with. 0 = not a version.
int version_of(const std::string& architecture, const std::string& variant) {
  if (variant.empty()) return architecture == "arm64" ? 8 : 1;
  const auto version = parse_uint(std::string_view(variant).substr(1));
  return version && *version < 100 ? static_cast<int>(*version) : 0;
}

bool is_one_of_versions(const std::string& architecture) {
  return architecture == "arm" || architecture == "arm64" || architecture == "amd64";
}

/// The architecture whose programs every processor of this one runs, too. Source:
/// containerd/platforms, platformVector.
std::string_view predecessor(const std::string& architecture) {
  if (architecture == "amd64") return "386";
  if (architecture == "arm64") return "arm";
  return {};
}

// Source: Go's internal/goos and internal/goarch, past and present.
constexpr std::string_view kSystems[] = {
    "linux", "windows", "darwin", "freebsd", "aix",     "android", "dragonfly", "hurd",   "illumos",
    "ios",   "js",      "nacl",   "netbsd",  "openbsd", "plan9",   "solaris",   "wasip1", "zos"};
constexpr std::string_view kArchitectures[] = {
    "amd64",       "arm64", "arm",     "386",   "ppc64le", "s390x",  "riscv64",  "loong64",
    "amd64p32",    "armbe", "arm64be", "mips",  "mipsle",  "mips64", "mips64le", "mips64p32",
    "mips64p32le", "ppc",   "ppc64",   "riscv", "s390",    "sparc",  "sparc64",  "wasm"};

bool is_known(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_architecture(std::string_view name) {
  return is_known(kArchitectures, name) ||
         std::ranges::any_of(kAliases, [&](const Alias& alias) { return alias.name == name; });
}

/// @throws Error for a name that is nearly a known one: a slip of the finger, no platform of its
/// own. @param must_be_known  for any other, too
void check_part(std::span<const std::string_view> names,
                std::string_view part,
                bool must_be_known) {
  const std::vector<std::string> candidates(names.begin(), names.end());
  constexpr std::size_t kTooShort = 4;  // nearly any is like any other
  const auto near = part.size() < kTooShort ? std::nullopt : nearest(part, candidates);
  if (!near && !must_be_known) return;
  throw Error(ErrorKind::usage, "\"{}\": unknown operating system or architecture ({})", part,
              near ? fmt::format("did you mean {}?", *near)
                   : std::string("want os/architecture, like linux/amd64"));
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
    const bool is_os = is_known(kSystems, parts[0]);
    if (!is_os && !is_architecture(parts[0])) {
      std::vector<std::string_view> names(std::begin(kSystems), std::end(kSystems));
      names.insert(names.end(), std::begin(kArchitectures), std::end(kArchitectures));
      check_part(names, parts[0], true);
    }
    platform.os = is_os ? parts[0] : here.os;
    platform.architecture = is_os ? here.architecture : parts[0];
  } else {
    if (!is_known(kSystems, parts[0])) check_part(kSystems, parts[0], false);
    if (!is_architecture(parts[1])) check_part(kArchitectures, parts[1], false);
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
    if (wanted.variant == offered.variant) return 1000;
    if (!is_one_of_versions(wanted.architecture)) return offered.variant.empty() ? 500 : 0;
    const int want = version_of(wanted.architecture, wanted.variant);
    const int have = version_of(offered.architecture, offered.variant);
    return have != 0 && have <= want ? 500 + have : 0;
  }
  if (offered.architecture != predecessor(wanted.architecture)) return 0;
  const int have = version_of(offered.architecture, offered.variant);
  return have != 0 && have <= 8 ? 100 + have : 0;
}

bool runs_natively(const Platform& host, const Platform& image) {
  return host.os == image.os && (host.architecture == image.architecture ||
                                 predecessor(host.architecture) == image.architecture);
}

}  // namespace cbuild::oci
