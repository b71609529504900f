// Exports root file systems as files of the caller: type=local and type=tar.
#pragma once

namespace cbuild::oci {
struct Descriptor;
}

namespace cbuild::exporter {

struct ExportServices;
struct Output;

oci::Descriptor to_tar(const oci::Descriptor& image,
                       const Output& output,
                       const ExportServices& services);

oci::Descriptor to_directory(const oci::Descriptor& image,
                             const Output& output,
                             const ExportServices& services);

}  // namespace cbuild::exporter
