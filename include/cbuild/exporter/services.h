// The services that an export uses, and what only the caller of a build knows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "cbuild/image/services.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"

namespace cbuild::layer {
class RootTree;
}

namespace cbuild::exporter {

/// The services of the caller, and what only the caller of a build knows.
struct ExportServices : image::Services {
  /// Opens the root file system of an image, named by the digest of its config, for reading. Wanted
  /// by local and tar only.
  std::function<layer::RootTree(const oci::Digest& image_id)> open_root = {};
  /// Times that local and tar write at most, in seconds since 1970.
  std::optional<std::int64_t> latest_time = std::nullopt;
  /// The caller is root, so type=local keeps owners; otherwise all files become the caller's.
  bool keep_owners = false;
  /// Told of each name under which a registry got the image, and how it has it.
  std::function<void(const oci::Reference& name, const oci::Descriptor& pushed)> on_pushed = {};
};

}  // namespace cbuild::exporter
