// Names of images, and which manifests they stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"

namespace cbuild::store {

class Database;
class Snapshots;

/// An image of the store: what `cbuild images` shows. The image ID is the digest of its config; of
/// an image for several platforms, that of its index.
struct Image {
  oci::Digest id;
  oci::Descriptor manifest;  ///< of the manifest, or of the index of several
  std::int64_t created = 0;  ///< seconds since 1970, when it came into the store
  std::vector<oci::Reference> names;
};

/// Thread-safe; several processes may share one store. What gives an image or a name is durable
/// when it returns, with the image's documents and layers: the layers are synced first.
class Images {
 public:
  Images(Database& database, Snapshots& snapshots) : database_(database), snapshots_(snapshots) {}

  /// Adds an image whose manifest and config are in the blob store, and gives it `names`, taking
  /// them from their former holders, all at once. Writes nothing when all is so already.
  void add(const oci::Digest& id,
           const oci::Descriptor& manifest,
           std::span<const oci::Reference> names = {});
  /// Another manifest of the same config, with other annotations, takes the place of the former.
  void replace_manifest(const oci::Digest& id, const oci::Descriptor& manifest);

  /// Gives `name` to the image, taking it from its former holder. Writes nothing when the image has
  /// the name. @throws Error when there is no such image.
  void tag(const oci::Reference& name, const oci::Digest& id);
  bool untag(const oci::Reference& name);
  /// Removes the image and all its names. Its layers and blobs go with the next prune, or at once
  /// with Store::collect_if_idle().
  bool remove(const oci::Digest& id);

  /// By name; a reference with a digest also finds the image with that manifest.
  std::optional<Image> find(const oci::Reference& name) const;
  std::optional<Image> find(const oci::Digest& id) const;
  /// What a user typed: a reference, an ID, or an unambiguous prefix of one (≥ 2 digits).
  /// References win. @throws Error(usage) when ambiguous.
  std::optional<Image> find(std::string_view text) const;

  /// Newest first.
  std::vector<Image> list() const;

  /// Which manifest a name meant when a registry was last asked: base images of builds.
  void remember(const oci::Reference& name,
                const oci::Platform& platform,
                const oci::Descriptor& manifest);
  std::optional<oci::Descriptor> remembered(const oci::Reference& name,
                                            const oci::Platform& platform) const;

 private:
  Database& database_;
  Snapshots& snapshots_;
};

}  // namespace cbuild::store
