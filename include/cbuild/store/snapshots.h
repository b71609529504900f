// Layers as directories: committed ones, and those being written.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/digest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"
#include "cbuild/util/mount.h"

namespace cbuild::store {

class Database;

/// A committed layer on a known stack of others. Named by its chain ID: equal stacks are one
/// snapshot.
struct Snapshot {
  oci::Digest chain_id;
  std::optional<oci::Digest> parent;  ///< chain ID of what lies below
  oci::Digest diff_id;
  std::uint64_t size = 0;    ///< bytes of its tar; 0 = not known yet
  std::int64_t created = 0;  ///< seconds since 1970
  bool unpacked = false;     ///< its directory is there, its own or a shared one
  bool made_here = false;    ///< its tar can be made from its directory: it came to be by commit()
  /// Layer of a pulled or loaded image: its bytes as they came. A layer may be both, when a step
  /// came to the same bytes.
  std::optional<oci::Descriptor> blob;
};

/// What a commit does with an equal layer that is there already.
enum class IfEqual {
  keep,
  replace  ///< the new directory takes its place: the old one is in doubt
};

/// A snapshot being written; gone without a trace unless committed. Not thread-safe.
class ActiveSnapshot {
 public:
  ActiveSnapshot(ActiveSnapshot&&) noexcept;
  ActiveSnapshot& operator=(ActiveSnapshot&&) noexcept;
  ~ActiveSnapshot();

  /// The directory that receives the changes: an overlay's upper directory.
  const Fd& upper() const;

  /// The overlay of this snapshot on its parent, to write through.
  OverlayMount mount() const;

  const std::optional<oci::Digest>& parent() const;

  /// Computes the diff ID and makes the snapshot visible. Where an equal one is kept, this one
  /// goes. The directory must not be changed by anybody from here on.
  Snapshot commit(const CancelToken& cancel, IfEqual if_equal = IfEqual::keep) &&;

 private:
  friend class Snapshots;
  struct Impl;
  explicit ActiveSnapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A layer that was unpacked and is visible to nobody yet, because it deletes names: which of them
/// are below is known once the layers below are there. Gone unless published.
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
  Snapshots(std::string root, Database& database);
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  std::optional<Snapshot> find(const oci::Digest& chain_id) const;
  /// Whether every layer of the stack can be had: it is unpacked and its directory is there, or its
  /// blob is known. A layer whose directory is gone is taken out of use. Positive answers are
  /// remembered.
  bool is_usable(const oci::Digest& chain_id);
  /// A layer made here with this diff ID, on whatever stack.
  std::optional<Snapshot> find_by_diff_id(const oci::Digest& diff_id) const;
  /// From the base up to `chain_id`. @throws Error when one is missing.
  std::vector<Snapshot> stack(const oci::Digest& chain_id) const;

  /// Makes the layer of an image known without unpacking it; its parent must be known. Replaces the
  /// blob of one that is not unpacked; nothing happens to one that is.
  void declare(const std::optional<oci::Digest>& parent,
               const oci::Digest& diff_id,
               const oci::Descriptor& blob);

  /// Unpacks the declared layer `chain_id` from `compressed` (the bytes of its blob) and checks
  /// size, digest and diff ID on the way. Layers of one stack may be unpacked in any order and at
  /// the same time; when two processes unpack the same one, one of them waits and finds it done.
  /// Needs the user namespace.
  /// @return a layer that deletes names, for publish(); absent: the layer is there
  std::optional<UnpackedLayer> unpack(const oci::Digest& chain_id,
                                      Source& compressed,
                                      const CancelToken& cancel);

  /// Makes `unpacked` visible without the deletions that hide nothing, unless another process was
  /// faster. @pre all layers below are unpacked
  void publish(UnpackedLayer unpacked);

  /// Begins a snapshot on `parent` (absent: on nothing), all of whose layers must be unpacked.
  /// Needs the user namespace when parents hold other ids. @throws Error beyond 500 layers, the
  /// limit of overlayfs.
  ActiveSnapshot prepare(const std::optional<oci::Digest>& parent);

  /// Puts `layer`, made here on nothing, upon `parent`: a further snapshot that shares its
  /// directory. Nothing is read, so `parent` need not be unpacked. @throws Error when either is
  /// missing
  Snapshot put_upon(const oci::Digest& parent, const oci::Digest& layer);

  /// Read-only overlay of the stack; absent: of an empty directory. One directory only: `lower` has
  /// one element. @throws Error when a layer is not unpacked.
  OverlayMount view(const std::optional<oci::Digest>& chain_id) const;

  /// The canonical tar of a layer made here; times clamped to `latest_time` when given. The bytes
  /// are checked against the diff ID where not clamped; a layer that turns out to be damaged is
  /// taken out of use.
  /// @throws Error, also for a layer that was only pulled.
  void write_tar(const oci::Digest& chain_id,
                 Sink& tar,
                 std::optional<std::int64_t> latest_time,
                 const CancelToken& cancel);

  /// Makes all that is unpacked or committed now survive power loss; nothing when there is nothing
  /// new. Layers that were not synced when the machine stops are not believed afterwards: opening
  /// the store makes them unknown, or not unpacked.
  void sync();

  /// Removes what killed processes left behind, and leaves alone what living ones hold. Needs the
  /// user namespace. What cannot be removed is logged.
  void sweep();

 private:
  [[noreturn]] void refuse_damaged(const Snapshot& layer, std::string_view how);

  std::string root_;
  Database& database_;
  std::mutex mutex_;
  std::unordered_set<oci::Digest> usable_;
};

}  // namespace cbuild::store
