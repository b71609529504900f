// Pulls images from registries, with all layers.
#pragma once

namespace cbuild::oci {
class Digest;
struct Platform;
struct Reference;
}  // namespace cbuild::oci

namespace cbuild::store {
struct Image;
}

namespace cbuild::image {

struct Services;

/// Fetches an image, unpacks it and gives it its name in the store. @return its image ID
/// @throws Error, Interrupted
oci::Digest pull(const oci::Reference& reference,
                 const oci::Platform& platform,
                 const Services& services);

/// Fetches the layer blobs of `image` that the store lacks, because an export needs all of them:
/// those of a base that no build has needed yet. @throws Error when a layer cannot be fetched
void complete(const store::Image& image, const Services& services);

}  // namespace cbuild::image
