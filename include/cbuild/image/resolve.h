// Resolves a name to an image: from the store, else from a registry or an OCI layout.
#pragma once

#include <optional>

#include "cbuild/image/documents.h"

namespace cbuild::image {

struct LayoutImage;

/// Whether a registry is asked for a name that the store knows.
enum class Pull { missing, always };

/// The image that has the name `reference` in the store for `platform`: the one that a build
/// fetched for it, else an image of the user's that is for it. One whose documents are damaged
/// counts as absent, with a warning.
std::optional<Documents> find_in_store(store::Store& store,
                                       const oci::Reference& reference,
                                       const oci::Platform& platform);

/// A base image by its name: find_in_store(), else the documents that the registry has, listed
/// under the name from then on. No layer is fetched. @throws Error
Documents resolve(const oci::Reference& reference,
                  const oci::Platform& platform,
                  Pull pull,
                  const Services& services);

/// A base image of an OCI layout, with all its layers as blobs. @throws Error
Documents resolve(const LayoutImage& image,
                  const oci::Platform& platform,
                  const Services& services);

}  // namespace cbuild::image
