// Root file systems as files of the caller: type=local and type=tar.
#pragma once

#include "cbuild/exporter/environment.h"
#include "cbuild/exporter/output.h"

namespace cbuild::exporter {

oci::Descriptor to_tar(const oci::Descriptor& image,
                       const Output& output,
                       const Environment& environment);

oci::Descriptor to_directory(const oci::Descriptor& image,
                             const Output& output,
                             const Environment& environment);

}  // namespace cbuild::exporter
