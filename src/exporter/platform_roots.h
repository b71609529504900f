// The root file systems of an image.
#pragma once

#include <string>
#include <vector>

#include "cbuild/layer/root_tree.h"

namespace cbuild::oci {
struct Descriptor;
}

namespace cbuild::exporter {

struct ExportServices;

/// The root file system of one platform.
struct PlatformRoot {
  layer::RootTree tree;
  std::string directory;  ///< "linux_arm64"
};

/// Opens the root file systems of `image`, one a platform. @throws Error
std::vector<PlatformRoot> platform_roots(const oci::Descriptor& image,
                                         const ExportServices& services);

}  // namespace cbuild::exporter
