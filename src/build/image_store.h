// Images between registries and the store: resolving names, keeping documents, making layers known.
#pragma once

#include <string>

#include "cbuild/build/build.h"
#include "cbuild/frontend/image_resolver.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::build {

/// An image whose documents are in the store and whose layers are known to it (unpacked or not).
struct KnownImage {
  oci::Descriptor manifest;
  oci::Manifest document;
  oci::ImageConfig config;
};

/// Reads the documents of an image in the store and makes its layers known.
KnownImage read_image(store::Store& store, const oci::Descriptor& manifest);

/// The image of that name or, once resolved, of that tag, when it is in the store for `platform`.
std::optional<KnownImage> find_known_image(store::Store& store,
                                           const oci::Reference& reference,
                                           const oci::Platform& platform);

/// Brings the documents (not the layers) of `root` (a manifest, or an index to choose from) into
/// the store.
KnownImage adopt_documents(store::Store& store,
                           oci::BlobStore& from,
                           const oci::Descriptor& root,
                           const oci::Platform& platform);

/// Asks the registry what `reference` names, and brings the documents into the store.
KnownImage fetch_documents(const oci::Reference& reference,
                           const oci::Platform& platform,
                           const Environment& environment);

/// Brings the layers into the store, side by side: unpacked (which checks every digest and name in
/// them) and as the blobs they came in. Enters the user namespace.
void take_layers(const KnownImage& image,
                 oci::BlobStore& from,
                 Progress::Step step,
                 const Environment& environment);

/// Base images for lowering: local names first, then what a registry said before, then the
/// registry.
class StoreResolver final : public frontend::ImageResolver {
 public:
  StoreResolver(const Request& request, const Environment& environment)
      : request_(request), environment_(environment) {}

  frontend::ResolvedImage resolve(const oci::Reference& reference,
                                  const oci::Platform& platform) override;
  frontend::ResolvedImage resolve_context(const std::string& name,
                                          const oci::Platform& platform) override;

 private:
  KnownImage fetch(const oci::Reference& reference, const oci::Platform& platform) const;

  const Request& request_;
  const Environment& environment_;
};

}  // namespace cbuild::build
