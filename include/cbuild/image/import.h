// Imports a root file system as an image of one layer.
#pragma once

#include <string>

#include "cbuild/oci/reference.h"

namespace cbuild::oci {
struct ImageConfig;
}

namespace cbuild::image {

struct Services;

/// Imports `path`, a directory or a tar in any compression ("-" = standard input), as the image
/// `name`. `config` holds the platform and what a container gets; layers, history and time are set
/// here: the time is that of the newest file, so equal trees are equal images.
/// @return its image ID. @throws Error(usage) when there is no such path, Error, Interrupted
oci::Digest import_rootfs(const std::string& path,
                          const oci::Reference& name,
                          oci::ImageConfig config,
                          const Services& services);

}  // namespace cbuild::image
