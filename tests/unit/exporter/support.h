// Images that are exported, and what they are exported with.
#pragma once

#include <string>
#include <vector>

#include "cbuild/exporter/exporter.h"
#include "cbuild/oci/manifest.h"
#include "tests/unit/image/support.h"

namespace cbuild::exporter {

/// A store with an image of one layer, which holds the file "name" with the text "content".
struct ExportWorld : image::World {
  ExportServices to{services};
  store::Snapshot layer = store::make_layer(store, std::nullopt, {{"name", "content"}});
  oci::Digest id = store::make_image(store, {layer});
  oci::Descriptor image = store.images().find(id)->manifest;

  std::string document(const oci::Descriptor& descriptor) {
    return oci::read_document(store.blobs(), descriptor);
  }

  oci::Manifest manifest_of(const oci::Descriptor& descriptor) {
    return oci::Manifest::parse(document(descriptor));
  }

  /// An index of these manifests.
  oci::Descriptor index_of(std::vector<oci::Descriptor> manifests) {
    oci::Index index;
    index.manifests = std::move(manifests);
    const std::string json = index.to_json();
    const oci::Descriptor descriptor = oci::describe(index.media_type, json);
    oci::write_blob(store.blobs(), descriptor, json);
    return descriptor;
  }

  /// An index of the image for two platforms.
  oci::Descriptor for_two_platforms() {
    std::vector<oci::Descriptor> manifests(2, image);
    manifests[0].platform = oci::Platform::parse("linux/amd64");
    manifests[1].platform = oci::Platform::parse("linux/arm64");
    return index_of(manifests);
  }
};

}  // namespace cbuild::exporter
