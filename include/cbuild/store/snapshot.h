// A snapshot: the facts that the store has about one layer.
#pragma once

#include <cstdint>
#include <optional>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/digest.h"

namespace cbuild::store {

/// A committed layer on a known stack of others. Its name is its chain ID: equal stacks are one
/// snapshot.
struct Snapshot {
  oci::Digest chain_id;
  std::optional<oci::Digest> parent;  ///< chain ID of the layers below
  oci::Digest diff_id;
  std::uint64_t size = 0;    ///< bytes of its tar; 0 = not known yet
  std::int64_t created = 0;  ///< seconds since 1970
  bool unpacked = false;     ///< it has a directory, its own or a shared one
  bool made_here = false;    ///< made by commit(), so its tar can be computed from its directory
  /// The compressed layer as it was pulled or loaded. A snapshot may have one and be made here too,
  /// when a step produced the same bytes.
  std::optional<oci::Descriptor> blob;
};

}  // namespace cbuild::store
