// A directory as a layer tar: canonical, so that equal directories give equal bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"

namespace cbuild::layer {

struct DiffOptions {
  /// Times later than this (seconds since 1970) are written as this: SOURCE_DATE_EPOCH.
  std::optional<std::int64_t> latest_time;
  /// The directory is the upper directory of an overlay: char devices 0:0 become ".wh." entries,
  /// opaque directories ".wh..wh..opq", user.overlay.* is left out. Otherwise it is an ordinary
  /// tree.
  bool overlay = true;
  /// Threads that read files ahead of the one that writes the tar.
  std::size_t readers = 2;
  /// Stop when this says so. May be null.
  const CancelToken* cancel = nullptr;
};

/// Writes the tree beneath `root` as a tar. A pure function of names, types, modes, numeric owners,
/// times (whole seconds), link targets, devices, xattrs and contents: entries in byte order of
/// their paths, parents first, hard links after their target, no user names, PAX only where ustar
/// does not suffice. The root directory itself is not written. Sockets are left out.
/// @throws Error naming the file. Thread-safe for roots that nobody changes.
void write_tar(const Fd& root, Sink& tar, const DiffOptions& options);

/// Takes out of an overlay's upper directory what a step only touched: entries equal to those of
/// `lower` in all that a layer records (time included), and directories that hold no change.
/// `lower` is the root beneath (read-only).
void drop_unchanged(const Fd& upper, const Fd& lower);

}  // namespace cbuild::layer
