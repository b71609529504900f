// Saves images in archives and OCI layouts: type=oci and type=docker.
#pragma once

#include <vector>

namespace cbuild::oci {
struct Descriptor;
}

namespace cbuild::exporter {

struct ExportServices;
struct NamedImage;
struct Output;

/// Saves `images` in one archive or one layout. @return the last of them as it is there
/// @throws Error(usage) when there is no image
oci::Descriptor save(const std::vector<NamedImage>& images,
                     const Output& output,
                     const ExportServices& services);

}  // namespace cbuild::exporter
