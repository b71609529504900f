// Copies images out of the store.
#pragma once

#include "cbuild/util/progress.h"

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::exporter {

struct ExportServices;

/// Copies `image` (manifest or index) from the store to `to`. Its blobs are shown as transfers of
/// `step`. @throws Error, Interrupted
void transfer(const oci::Descriptor& image,
              oci::BlobStore& to,
              const Progress::Step& step,
              const ExportServices& services);

}  // namespace cbuild::exporter
