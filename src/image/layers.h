// Copies the layers of an image into the store as blobs, and unpacks them.
#pragma once

#include <vector>

#include "cbuild/util/progress.h"

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::image {

struct Documents;
struct Services;

/// Copies those of `layers` that the blob store lacks, several at once.
void copy_layers(const std::vector<oci::Descriptor>& layers,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Services& services);

/// Brings the layers of `image` into the store, as snapshots (unpacking checks every digest and
/// every name in them) and as the blobs they came in. Enters the user namespace.
void take_layers(const Documents& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Services& services);

}  // namespace cbuild::image
