// Copies and unpacks layers; see layers.h.
#include "src/image/layers.h"

#include "cbuild/image/documents.h"
#include "cbuild/image/services.h"
#include "cbuild/image/unpack.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/oci/copy.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/store/store.h"
#include "cbuild/util/parallel.h"

namespace cbuild::image {

void copy_layers(const std::vector<oci::Descriptor>& layers,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Services& services) {
  oci::CopyOptions options;
  options.progress = [&](const oci::Descriptor& blob, std::uint64_t done, bool existed) {
    if (!existed) step.transfer(blob.digest.short_hex(), done, blob.size);
  };
  parallel_for(layers.size(), options.parallel, [&](std::size_t i) {
    oci::copy_blob(layers[i], from, services.store.blobs(), options, services.cancel);
  });
}

void take_layers(const Documents& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Services& services) {
  enter_working_namespace(services);
  if (const auto chain = oci::chain_of(image.config.diff_ids)) {
    unpack_stack(*chain, services.store, {&from, step}, services.cancel);
  }
  // A layer that was unpacked before may lack its blob: one that a build made, too.
  copy_layers(image.manifest.layers, from, step, services);
}

}  // namespace cbuild::image
