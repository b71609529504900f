// Platforms: operating system, architecture and variant of an image.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cbuild::oci {

/// Source: OCI image-spec v1.1, image-index.md "platform"; names are Go's GOOS and GOARCH.
struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;     ///< "v7", …; empty = none
  std::string os_version;  ///< empty = none

  /// "linux/arm/v7", "linux/amd64", "arm64" (os of the host). Aliases become the normal form
  /// (x86_64, aarch64, armhf; arm64/v8 → arm64; arm → arm/v7).
  /// @throws Error(usage)
  static Platform parse(std::string_view text);

  /// The platform this program runs on.
  static Platform host();

  std::string to_string() const;

  friend bool operator==(const Platform&, const Platform&) = default;
};

/// Ranks how well an image for `offered` runs where `wanted` is asked for: 0 = not at all, higher =
/// better (arm/v7 runs arm/v6, amd64/v3 amd64/v2, amd64 386, arm64 arm).
int match_quality(const Platform& wanted, const Platform& offered);

/// Whether a machine of platform `host` executes programs for `image` itself. Versions of one
/// architecture count as the same: only the program knows what it needs.
bool runs_natively(const Platform& host, const Platform& image);

}  // namespace cbuild::oci
