// Copies with a display; see transfer.h.
#include "src/exporter/transfer.h"

#include "cbuild/exporter/services.h"
#include "cbuild/oci/copy.h"
#include "cbuild/store/store.h"

namespace cbuild::exporter {

void transfer(const oci::Descriptor& image,
              oci::BlobStore& to,
              const Progress::Step& step,
              const ExportServices& services) {
  oci::CopyOptions options;
  options.progress = [&](const oci::Descriptor& blob, std::uint64_t done, bool existed) {
    if (!existed) step.transfer(blob.digest.short_hex(), done, blob.size);
  };
  oci::copy(image, services.store.blobs(), to, options, services.cancel);
}

}  // namespace cbuild::exporter
