// One repository of a registry.
#pragma once

#include <optional>
#include <string>

#include "cbuild/oci/blob_store.h"

namespace cbuild::registry {

/// One repository. BlobStore for blobs *and* manifests (by media type of the descriptor).
/// Thread-safe.
class Repository : public oci::BlobStore {
 public:
  /// Looks up the manifest or index that `tag` (or digest) names now. One request; the open() of
  /// the result makes none. nullopt when there is none.
  /// @throws Error(network); also for what is neither manifest nor index
  virtual std::optional<oci::Descriptor> resolve(const std::string& tag_or_digest) = 0;

  /// Gives a manifest (put before, through create()) a tag. Reads it from the registry when it did
  /// not go through this object.
  virtual void tag(const oci::Descriptor& manifest, const std::string& tag) = 0;

  /// Asks the registry to take `blob` over from another of its repositories. False: it would not;
  /// copy instead.
  virtual bool mount(const oci::Descriptor& blob, const std::string& from_repository) = 0;
};

}  // namespace cbuild::registry
