// Turns a complete layer in the staging area into a snapshot: a rename and a row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cbuild/oci/digest.h"

namespace cbuild {
class FileOwners;
}

namespace cbuild::store {

struct LayerStore;
struct Snapshot;
class StagingDirectory;

/// The facts about a layer whose directory is complete.
struct FinishedLayer {
  std::optional<oci::Digest> parent;
  oci::Digest diff_id;
  std::uint64_t size = 0;  ///< of its tar
  bool made_here = false;
  bool replaces = false;  ///< replaces the directory of an equal layer, which is retired
};

/// Renames staging/<id>/fs to a free number in snapshots/ and inserts the row, as seen by others
/// both or neither. When the store has an equal layer that is not to be replaced, that one is
/// returned and the directory stays in the staging area.
Snapshot publish(const LayerStore& store,
                 const StagingDirectory& staging,
                 const FinishedLayer& layer,
                 const FileOwners& owners);

}  // namespace cbuild::store
