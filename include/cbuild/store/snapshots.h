// Layers as directories: committed ones, and those that are being written.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cbuild/oci/digest.h"

namespace cbuild::oci {
struct Descriptor;
}

namespace cbuild {
class CancelToken;
struct OverlayMount;
class Sink;
class Source;
}  // namespace cbuild

namespace cbuild::layer {
class RootTree;
}

namespace cbuild::store {

class ActiveSnapshot;
class Database;
class LayerOwners;
struct Snapshot;

/// An unpacked layer that is not published yet, because it has whiteouts: which of them hide
/// something is known only when the layers below are unpacked. The destructor removes it unless it
/// was published.
class UnpackedLayer {
 public:
  UnpackedLayer(UnpackedLayer&&) noexcept;
  UnpackedLayer& operator=(UnpackedLayer&&) noexcept;
  ~UnpackedLayer();

  const oci::Digest& chain_id() const;

 private:
  friend class Snapshots;
  struct Impl;
  explicit UnpackedLayer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// All layers of the store. Thread-safe; several processes may share one store.
class Snapshots {
 public:
  Snapshots(std::string root, Database& database, LayerOwners& owners);
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  std::optional<Snapshot> find(const oci::Digest& chain_id) const;
  /// Whether every layer of the stack has a directory on disk or a known blob. A layer whose
  /// directory is missing is taken out of use. Positive answers are remembered.
  bool is_usable(const oci::Digest& chain_id);
  /// A layer made here with this diff ID, on any stack.
  std::optional<Snapshot> find_by_diff_id(const oci::Digest& diff_id) const;
  /// From the base up to `chain_id`. @throws Error when one is missing.
  std::vector<Snapshot> stack(const oci::Digest& chain_id) const;

  /// Adds the layer of an image without unpacking it; its parent must be known. Replaces the blob
  /// of a layer that is not unpacked. Does nothing when the layer is unpacked.
  void declare(const std::optional<oci::Digest>& parent,
               const oci::Digest& diff_id,
               const oci::Descriptor& blob);

  /// Unpacks the declared layer `chain_id` from `compressed` (the bytes of its blob) and verifies
  /// size, digest and diff ID meanwhile. Layers of one stack may be unpacked in any order and at
  /// the same time; of two processes that unpack the same layer, one waits for the other and uses
  /// its result. Needs the user namespace.
  /// @return a layer with whiteouts, for publish(); nullopt when the layer is published
  std::optional<UnpackedLayer> unpack(const oci::Digest& chain_id,
                                      Source& compressed,
                                      const CancelToken& cancel);

  /// Removes the whiteouts of `unpacked` that hide nothing and makes it visible, unless another
  /// process has done it already. @pre all layers below are unpacked
  void publish(UnpackedLayer unpacked);

  /// Begins a snapshot on `parent` (nullopt: on an empty root), all of whose layers must be
  /// unpacked. Needs the user namespace when files of the parents have other owners. @throws Error
  /// beyond 500 layers, the limit of overlayfs.
  ActiveSnapshot prepare(const std::optional<oci::Digest>& parent);

  /// Registers `layer`, which was made here without a parent, as a snapshot on `parent` too; both
  /// share one directory. Reads no file, so `parent` need not be unpacked. @throws Error when
  /// either is missing
  Snapshot rebase(const oci::Digest& layer, const oci::Digest& parent);

  /// The stack as a tree for reading; nullopt: an empty directory. @throws Error when a layer is
  /// not unpacked.
  layer::RootTree tree(const std::optional<oci::Digest>& chain_id) const;

  /// Its topmost layer alone, as the tree that its files make.
  layer::RootTree layer_tree(const oci::Digest& chain_id) const;

  /// Read-only overlay of the stack; nullopt: of an empty directory. With a single directory
  /// `lower` has one element. @throws Error when a layer is not unpacked.
  OverlayMount view(const std::optional<oci::Digest>& chain_id) const;

  /// The canonical tar of a layer made here; its times are clamped to `latest_time` when given.
  /// Without `latest_time` the bytes are compared with the diff ID; a layer that differs is damaged
  /// and taken out of use.
  /// @throws Error, also for a layer that was not made here.
  void write_tar(const oci::Digest& chain_id,
                 Sink& tar,
                 std::optional<std::int64_t> latest_time,
                 const CancelToken& cancel);

  /// Syncs all layers that are unpacked or committed now, so that they survive power loss; costs
  /// nothing when all are synced. After a power loss, opening the store drops the directories of
  /// layers that were not synced.
  void sync();

  /// Removes what killed processes left behind, and nothing that a living process holds. Needs the
  /// user namespace. Logs what cannot be removed.
  void sweep();

 private:
  [[noreturn]] void refuse_damaged(const Snapshot& layer, std::string_view how);

  std::string root_;
  Database& database_;
  LayerOwners& owners_;
  std::mutex mutex_;
  std::unordered_set<oci::Digest> usable_;
};

}  // namespace cbuild::store
