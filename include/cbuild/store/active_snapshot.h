// A layer while it is written: the upper directory of an overlay, published by commit().
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace cbuild::oci {
class Digest;
}

namespace cbuild {
class CancelToken;
class Fd;
class FileOwners;
struct OverlayMount;
}  // namespace cbuild

namespace cbuild::store {

struct LayerStore;
struct Snapshot;

/// Tells commit() what to do when the store has an equal layer already.
enum class IfEqual {
  keep,
  replace  ///< the new directory replaces that of the equal layer, which may be damaged
};

/// A snapshot that is being written. The destructor removes it unless it was committed. Not
/// thread-safe.
class ActiveSnapshot {
 public:
  ActiveSnapshot(ActiveSnapshot&&) noexcept;
  ActiveSnapshot& operator=(ActiveSnapshot&&) noexcept;
  ~ActiveSnapshot();

  /// The directory that receives the changes: an overlay's upper directory.
  const Fd& upper() const;

  /// Gives what is written to the upper directory its owners. Never null.
  const std::shared_ptr<FileOwners>& owners() const;

  /// The writable overlay of this snapshot on its parent.
  OverlayMount mount() const;

  const std::optional<oci::Digest>& parent() const;

  /// Its directory, with room for other files than "fs", the upper directory, and "work".
  const Fd& directory() const;

  /// Makes its directory the one of `path`, which must not exist, instead of committing it.
  /// @throws SysError
  void move_to(const std::string& path) &&;

  /// Computes the diff ID and makes the snapshot visible to everybody. The directory must not
  /// change from here on. With IfEqual::keep the directory is dropped when the store has an equal
  /// layer.
  Snapshot commit(const CancelToken& cancel, IfEqual if_equal = IfEqual::keep) &&;

 private:
  friend class Snapshots;
  struct Impl;
  /// See Snapshots::prepare().
  ActiveSnapshot(const LayerStore& store, const std::optional<oci::Digest>& parent);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::store
