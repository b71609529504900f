// Root file systems by platform; see platform_roots.h.
#include "src/exporter/platform_roots.h"

#include <algorithm>

#include "cbuild/exporter/services.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/image_manifests.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/store.h"

namespace cbuild::exporter {

namespace {

std::string directory_of(const oci::Platform& platform) {
  std::string name = platform.to_string();
  std::ranges::replace(name, '/', '_');
  return name;
}

}  // namespace

std::vector<PlatformRoot> platform_roots(const oci::Descriptor& image,
                                         const ExportServices& services) {
  oci::BlobStore& blobs = services.store.blobs();
  std::vector<PlatformRoot> roots;
  for (const oci::Descriptor& descriptor : oci::image_manifests(blobs, image)) {
    const auto manifest = oci::Manifest::parse(oci::read_document(blobs, descriptor));
    const auto config = oci::ImageConfig::parse(oci::read_document(blobs, manifest.config));
    roots.push_back({services.open_root(manifest.config.digest),
                     directory_of(descriptor.platform.value_or(config.platform))});
  }
  return roots;
}

}  // namespace cbuild::exporter
