// Images of the store: their manifests, names and digests.
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

/// An image of the store, as `cbuild images` shows it. The image ID is the digest of its config,
/// or, for an image for several platforms, the digest of its index.
struct Image {
  oci::Digest id;
  oci::Descriptor manifest;  ///< of the manifest, or of the index of several
  std::int64_t created = 0;  ///< seconds since 1970, when it was added to the store
  std::vector<oci::Reference> names;
  /// Its NAME@DIGEST in registries: what was pushed or pulled last, for each repository in which it
  /// has a name. Empty when it was never pushed or pulled.
  std::vector<oci::Reference> digests;
};

/// An image that has a certain name, and the platform for which it has the name. Several images
/// share a name when builds fetched them as base images for several platforms.
struct Holder {
  Image image;
  std::string platform;  ///< as the build asked for it; empty: the name is for any platform
};

/// Thread-safe; several processes may share one store. add() and tag() are durable when they
/// return: image, name, documents and layers survive power loss, because layers are synced first.
/// The tag of a reference that has a digest is ignored everywhere.
class Images {
 public:
  Images(Database& database, Snapshots& snapshots) : database_(database), snapshots_(snapshots) {}

  /// Adds an image whose manifest and config are in the blob store, and moves `names` to it from
  /// other images, in one transaction. Writes nothing when nothing would change.
  void add(const oci::Digest& id,
           const oci::Descriptor& manifest,
           std::span<const oci::Reference> names = {});
  /// Replaces the manifest by another one of the same config, with other annotations.
  void replace_manifest(const oci::Digest& id, const oci::Descriptor& manifest);

  /// Moves `name` to the image from all others. Writes nothing when the image has the name.
  /// @throws Error when there is no such image.
  void tag(const oci::Reference& name, const oci::Digest& id);
  /// Adds an image that a build fetched, and gives it `name` as base image for `platform`; another
  /// image loses the name for that platform only. Survives the death of any process, but not
  /// necessarily power loss. Writes nothing when nothing would change.
  void add_base(const oci::Reference& name,
                const oci::Platform& platform,
                const oci::Digest& id,
                const oci::Descriptor& manifest);
  /// Removes the name, or the digest of a registry, from all images. False when none had it.
  bool untag(const oci::Reference& name);
  /// Removes the image and all its names. Its layers and blobs are removed by the next prune or by
  /// Store::collect_if_idle(). False when there is no such image.
  bool remove(const oci::Digest& id);

  /// Records that a registry has the image in the repository of `name` under this digest. Replaces
  /// the digest that was recorded for this repository before.
  void note_digest(const oci::Reference& name, const oci::Digest& digest, const oci::Digest& id);
  /// NAME@DIGEST in a repository from which the layers of this manifest can be fetched. The image
  /// may have lost its name in that repository: the content of a digest never changes.
  std::optional<oci::Reference> origin(const oci::Digest& manifest) const;

  /// All images that have the name; the first one is what find() returns. A reference with a digest
  /// also finds images that a registry has under this digest, and images that have this manifest
  /// and a name in the repository.
  std::vector<Holder> holders(const oci::Reference& name) const;

  /// By name. If several images have it, the one that has it for any platform, else the one for the
  /// platform of this machine.
  std::optional<Image> find(const oci::Reference& name) const;
  std::optional<Image> find(const oci::Digest& id) const;
  /// By what a user typed: a reference, an ID, or an unambiguous prefix of an ID (at least 2
  /// digits). References have precedence. @throws Error(usage) when it is ambiguous.
  std::optional<Image> find(std::string_view text) const;

  /// Newest first.
  std::vector<Image> list() const;

 private:
  Database& database_;
  Snapshots& snapshots_;
};

}  // namespace cbuild::store
