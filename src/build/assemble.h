// From layers and a config to an image in the store.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/image_config.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

struct AssembleRequest {
  oci::ImageConfig config;           ///< diff_ids and history.created are filled in here
  std::size_t base_history = 0;      ///< history entries that are not this build's
  std::size_t base_layers = 0;       ///< layers that are not this build's: never rewritten
  std::optional<oci::Digest> chain;  ///< stack of all layers; absent = none
  std::optional<std::int64_t> source_date_epoch;
  bool rewrite_timestamps = true;  ///< the epoch counts for files in this build's layers, too
};

struct Assembled {
  oci::Digest image_id;
  oci::Descriptor manifest;
  /// Stack of the snapshots that hold the files: another one than the config's where times in
  /// layers were clamped. Absent for an index, and an image without layers.
  std::optional<oci::Digest> chain = std::nullopt;
};

/// Writes config and manifest. Layers made here are in the manifest uncompressed, under their diff
/// ID. With an epoch, times in this build's layers are at most that, and its history and image have
/// it. Without, the image's time is that of its newest layer; where this build made none, its
/// base's; and on nothing, that of the first such build, so that a cached build gives the same ID.
Assembled assemble(const AssembleRequest& request, const image::Services& services);

}  // namespace cbuild::build
