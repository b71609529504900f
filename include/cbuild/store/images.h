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
  /// NAME@DIGEST by which registries have it: what was pushed or pulled last in each repository in
  /// which it has a name. Empty for an image that no registry has.
  std::vector<oci::Reference> digests;
};

/// An image that has a name, and the platform for which it has it: several images share a name when
/// builds fetched them as bases for several platforms.
struct Holder {
  Image image;
  std::string platform;  ///< as the build asked; empty: of whatever platform the image is
};

/// Thread-safe; several processes may share one store. What gives an image or a name is durable
/// when it returns, with the image's documents and layers: the layers are synced first. Of a
/// reference with a digest the tag counts nowhere.
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

  /// Gives `name` to the image, taking it from all who had it. Writes nothing when the image has
  /// the name. @throws Error when there is no such image.
  void tag(const oci::Reference& name, const oci::Digest& id);
  /// Adds an image that a build fetched, and gives it `name` as base for `platform`, taking it from
  /// the former one for that platform only. Survives the death of any process; power loss may take
  /// it. Writes nothing when all is so already.
  void add_base(const oci::Reference& name,
                const oci::Platform& platform,
                const oci::Digest& id,
                const oci::Descriptor& manifest);
  /// Takes the name, or the digest of a registry, from all who have it.
  bool untag(const oci::Reference& name);
  /// Removes the image and all its names. Its layers and blobs go with the next prune, or at once
  /// with Store::collect_if_idle().
  bool remove(const oci::Digest& id);

  /// Notes that a registry has the image in the repository of `name` under this digest, in place
  /// of the one that was noted before.
  void note_digest(const oci::Reference& name, const oci::Digest& digest, const oci::Digest& id);
  /// A repository from which the layers of this manifest can be fetched, as NAME@DIGEST. It may be
  /// one in which the image has no name any more: what has a digest never changes.
  std::optional<oci::Reference> origin(const oci::Digest& manifest) const;

  /// All who have the name; first the one that find() gives. A reference with a digest is also held
  /// by images that a registry has under it, and by those with that manifest and a name in the
  /// repository.
  std::vector<Holder> holders(const oci::Reference& name) const;

  /// By name; where several have it, the one that was given the name for any platform, else this
  /// machine's.
  std::optional<Image> find(const oci::Reference& name) const;
  std::optional<Image> find(const oci::Digest& id) const;
  /// What a user typed: a reference, an ID, or an unambiguous prefix of one (≥ 2 digits).
  /// References win. @throws Error(usage) when ambiguous.
  std::optional<Image> find(std::string_view text) const;

  /// Newest first.
  std::vector<Image> list() const;

 private:
  Database& database_;
  Snapshots& snapshots_;
};

}  // namespace cbuild::store
