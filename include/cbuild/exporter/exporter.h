// Exports a built image: to a registry, an OCI layout, a docker archive, a directory or a tar.
#pragma once

#include <vector>

#include "cbuild/exporter/services.h"

namespace cbuild::exporter {

struct NamedImage;
struct Output;

/// Exports `image` (manifest or index, in the store). Returns the descriptor as it is
/// at the destination (compressed layers give another manifest). local and tar need the user
/// namespace. @throws Error, Interrupted. A file or new directory appears under its name when it is
/// complete; an existing directory is changed when all new files are on its file system.
oci::Descriptor export_image(const oci::Descriptor& image,
                             const Output& output,
                             const ExportServices& services);

/// The same for several images, at least one, in one docker archive or OCI layout (`cbuild save`).
void save_images(const std::vector<NamedImage>& images,
                 const Output& output,
                 const ExportServices& services);

}  // namespace cbuild::exporter
