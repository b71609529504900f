// Pushes images to registries: type=registry.
#pragma once

namespace cbuild::oci {
struct Descriptor;
}

namespace cbuild::exporter {

struct ExportServices;
struct Output;

/// Pushes `image` under all names of `output`. @throws Error(usage) when it has none
oci::Descriptor push(const oci::Descriptor& image,
                     const Output& output,
                     const ExportServices& services);

}  // namespace cbuild::exporter
