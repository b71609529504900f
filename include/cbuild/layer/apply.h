// Unpacks a tar into a directory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cbuild {
class CancelToken;
class Fd;
class FileOwners;
class Source;
}  // namespace cbuild

namespace cbuild::layer {

class RootTree;

struct ApplyOptions {
  enum class Whiteouts {
    overlay,  ///< a layer: ".wh.x" becomes what overlayfs takes for a deletion (char device 0:0),
              ///< ".wh..wh..opq" the opaque xattr
    refuse    ///< an archive: such a name is an error
  };

  Whiteouts whiteouts = Whiteouts::overlay;
  std::uint64_t limit = 0;  ///< bytes of content after which it gives up; 0 = none

  /// Owner that every entry gets instead of its own.
  struct Owner {
    std::uint32_t uid;
    std::uint32_t gid;
  };

  std::optional<Owner> owner = std::nullopt;
  bool set_ids = true;  ///< false: files get no set-user-ID and set-group-ID bits
  bool devices = true;  ///< false: device nodes are left out
  /// Ignores the entry of the root directory itself, as ADD does.
  bool keep_root = false;
  /// What lies below `root`, as the lower layers of an overlay: links of it are followed, its
  /// directories are copied up with their metadata, and a hard link may lead to a file of it. Null
  /// = nothing does.
  const RootTree* lower = nullptr;
  /// Gives the files their owners. Null = on disk.
  FileOwners* owners = nullptr;
  /// Stop when this says so. May be null.
  const CancelToken* cancel = nullptr;
};

struct ApplyResult {
  std::uint64_t bytes = 0;  ///< content of regular files
  std::uint64_t entries = 0;
  std::uint64_t whiteouts = 0;  ///< deletions of one name, among `entries`
  std::int64_t newest = 0;      ///< latest time of an entry, seconds since 1970; 0 = none
  /// Device nodes that were left out: those that this user may not make, and char devices 0:0,
  /// which overlayfs would take for deletions. The first 1000 of them.
  std::vector<std::string> skipped_devices;
};

/// Unpacks one tar (plain; see decompress()) beneath the directory `root`. Nothing is written
/// outside of it, whatever the names and links in the tar or in `root` say; names are those of a
/// process chrooted to `root`. Reads the tar to its end, so that the caller can compare the digest
/// of the stream.  Source: OCI image-spec v1.1, layer.md; POSIX pax, GNU long names. Not carried
/// over: user.overlay.* and trusted.overlay.* (they would be commands to overlayfs).
/// @throws Error naming the entry.  Thread-safe for different roots.
ApplyResult apply(Source& tar, const Fd& root, const ApplyOptions& options);

}  // namespace cbuild::layer
