// The files that a mount of a RUN step begins with.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cbuild/oci/digest.h"
#include "cbuild/util/fd.h"

namespace cbuild::ops {

/// The name of the copy that MountSource::fill makes.
inline constexpr const char* kFilled = "tree";

/// Where a bind mount takes its files from, and a cache its first ones. Default: an empty
/// directory.
struct MountSource {
  std::optional<oci::Digest> stack;  ///< a root file system
  Fd in_place;           ///< a directory or file of a context that may be mounted without a copy
  std::string identity;  ///< of the files: caches that begin with different ones are different
  /// Copies what the mount asks for to the name kFilled in an empty directory.
  std::function<void(const Fd& into)> fill;
};

}  // namespace cbuild::ops
