// Writes a directory as a layer tar: canonical, so that equal directories give equal bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cbuild {
class CancelToken;
class Fd;
class FileOwners;
class Sink;
}  // namespace cbuild

namespace cbuild::layer {

class RootTree;
class TarWriter;

struct DiffOptions {
  /// Times later than this (seconds since 1970) are written as this: SOURCE_DATE_EPOCH.
  std::optional<std::int64_t> latest_time = std::nullopt;
  /// Of the files of a layer; null = those on disk.
  std::shared_ptr<const FileOwners> owners = nullptr;
  /// Threads that read files ahead of the one that writes the tar.
  std::size_t readers = 2;
  /// Stop when this says so. May be null.
  const CancelToken* cancel = nullptr;
};

/// Writes the directory of a layer as a tar. A pure function of names, types, modes, numeric
/// owners, times (whole seconds), link targets, devices, xattrs (user.*, security.capability) and
/// contents: depth first, a directory before what is in it, its names in byte order, hard links
/// after their target, no user names, PAX only where ustar does not suffice. The root directory
/// itself is not written. Sockets are left out. Holds some 16 MiB, however large the tree.
/// @throws Error naming the file; for names that begin with ".wh.", which a layer cannot hold; for
/// overlay files that are not what they seem (redirects, metacopy). Thread-safe for roots that
/// nobody changes.
void write_tar(const Fd& layer, Sink& tar, const DiffOptions& options);

/// The same of a whole tree, in which nothing is a deletion.
void write_tar(const RootTree& root, Sink& tar, const DiffOptions& options);

/// The same as part of a larger archive: `prefix` ("linux_amd64/") is put before every name.
void write_tree(const RootTree& root,
                const std::string& prefix,
                TarWriter& tar,
                const DiffOptions& options);

/// Takes out of an overlay's upper directory what a step only touched: entries equal to those of
/// `lower` in all that a layer records and in the time to the nanosecond, and directories that hold
/// no change; also deletions and opaque marks that hide nothing. `lower` is the root beneath
/// (read-only).
/// @throws Error naming the file.
/// @param owners  of the upper directory; null = those on disk
void drop_unchanged(const Fd& upper,
                    const std::shared_ptr<const FileOwners>& owners,
                    const RootTree& lower);

/// Takes out of the directory of a layer the deletions that hide nothing: overlayfs would list
/// their names where it has nothing to merge. `below` are the layers beneath. @throws Error naming
/// the file.
void drop_idle_whiteouts(const Fd& layer, const RootTree& below);

}  // namespace cbuild::layer
