// Rows, views and tars of layers; see snapshots.h.
#include "cbuild/store/snapshots.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/log.h"
#include "cbuild/util/mount.h"
#include "src/store/database.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_store.h"
#include "src/store/layer_trust.h"
#include "src/store/orphans.h"
#include "src/store/snapshot_row.h"
#include "src/store/staging.h"

namespace cbuild::store {

Snapshots::Snapshots(std::string root, Database& database, LayerOwners& owners)
    : root_(std::move(root)), database_(database), owners_(owners) {}

Snapshots::~Snapshots() = default;

std::optional<Snapshot> Snapshots::find(const oci::Digest& chain_id) const {
  return find_snapshot(database_, chain_id);
}

bool Snapshots::is_usable(const oci::Digest& chain_id) {
  std::vector<oci::Digest> checked;
  for (std::optional<oci::Digest> next = chain_id; next;) {
    {
      const std::lock_guard lock(mutex_);
      if (usable_.contains(*next)) break;
    }
    const auto layer = find(*next);
    if (!layer || (!layer->blob && !layer->unpacked)) return false;
    if (layer->unpacked && !has_directory(database_, root_, *next)) {
      log_warning("layer {} of the store is damaged: its directory is gone", next->short_hex());
      take_out_of_use(database_, *next);
      if (!layer->blob) return false;
    }
    checked.push_back(*next);
    next = layer->parent;
  }
  const std::lock_guard lock(mutex_);
  usable_.insert(checked.begin(), checked.end());
  return true;
}

std::optional<Snapshot> Snapshots::find_by_diff_id(const oci::Digest& diff_id) const {
  Query query = database_.query(
      "SELECT * FROM snapshots WHERE diff = ? AND made_here AND directory IS NOT NULL LIMIT 1",
      diff_id);
  if (!query.next()) return std::nullopt;
  return read_snapshot(query);
}

std::vector<Snapshot> Snapshots::stack(const oci::Digest& chain_id) const {
  std::vector<Snapshot> layers;
  for (std::optional<oci::Digest> next = chain_id; next; next = layers.back().parent) {
    auto layer = find(*next);
    if (!layer) throw Error("the store does not know the layer {}", next->to_string());
    layers.push_back(std::move(*layer));
  }
  std::ranges::reverse(layers);
  return layers;
}

void Snapshots::declare(const std::optional<oci::Digest>& parent,
                        const oci::Digest& diff_id,
                        const oci::Descriptor& blob) {
  const oci::Digest chain = oci::chain_id(parent, diff_id);
  if (const auto there = find(chain)) {
    // Looking first keeps repeated pulls from writing.
    const bool same = there->blob && there->blob->digest == blob.digest &&
                      there->blob->size == blob.size && there->blob->media_type == blob.media_type;
    if (there->unpacked || same) return;
  }
  if (parent && !find(*parent)) {
    throw Error("the store does not know the layer {}", parent->to_string());
  }
  database_.run(
      "INSERT INTO snapshots(chain, parent, diff, created, blob_digest, blob_type, blob_size)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(chain) DO UPDATE"
      " SET blob_digest = ?5, blob_type = ?6, blob_size = ?7 WHERE directory IS NULL",
      chain, parent, diff_id, database_.now(), blob.digest, blob.media_type, blob.size);
}

ActiveSnapshot Snapshots::prepare(const std::optional<oci::Digest>& parent) {
  return {LayerStore{database_, root_, owners_}, parent};
}

Snapshot Snapshots::rebase(const oci::Digest& layer, const oci::Digest& parent) {
  const auto owner = find(layer);
  if (!owner || !owner->made_here || owner->parent) {
    throw Error("layer {} of a cached step is gone from the store", layer.short_hex())
        .with_hint("run the build again: this time the step is executed");
  }
  if (!find(parent)) throw Error("the store does not know the layer {}", parent.to_string());
  const oci::Digest chain = oci::chain_id(parent, owner->diff_id);
  // Looking first keeps cached builds from writing.
  if (auto there = find(chain); there && there->made_here) return *there;
  database_.run(
      "INSERT INTO snapshots(chain, parent, diff, size, created, made_here)"
      " VALUES(?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT(chain) DO UPDATE SET size = ?4, made_here = 1",
      chain, parent, owner->diff_id, owner->size, owner->created);
  return *find(chain);
}

layer::RootTree Snapshots::tree(const std::optional<oci::Digest>& chain_id) const {
  return open_stack({database_, root_, owners_}, chain_id);
}

layer::RootTree Snapshots::layer_tree(const oci::Digest& chain_id) const {
  const std::string name = directory_name(database_, chain_id);
  std::vector<layer::TreeDirectory::Part> only;
  only.push_back({std::make_shared<const Fd>(open_layer(root_, name)), owners_.of(name)});
  return layer::RootTree(std::move(only));
}

OverlayMount Snapshots::view(const std::optional<oci::Digest>& chain_id) const {
  return {.base = snapshots_directory(root_),
          .lower = lower_names(database_, root_, chain_id),
          .upper = {},
          .work = {}};
}

void Snapshots::write_tar(const oci::Digest& chain_id,
                          Sink& tar,
                          std::optional<std::int64_t> latest_time,
                          const CancelToken& cancel) {
  const auto snapshot = find(chain_id);
  if (!snapshot || !snapshot->made_here) {
    throw Error("layer {} was not built in this store, so its tar cannot be written again",
                chain_id.short_hex());
  }
  if (!has_directory(database_, root_, chain_id)) {
    refuse_damaged(*snapshot, "its directory is gone");
  }
  const std::string name = directory_name(database_, chain_id);
  HashingSink hashed(&tar);
  layer::write_tar(open_layer(root_, name), hashed,
                   {.latest_time = latest_time, .owners = owners_.of(name), .cancel = &cancel});
  if (latest_time) return;
  const oci::Digest actual(hashed.finish());
  if (actual != snapshot->diff_id) {
    refuse_damaged(*snapshot, fmt::format("its tar has the digest {}, not {}", actual.short_hex(),
                                          snapshot->diff_id.short_hex()));
  }
}

void Snapshots::refuse_damaged(const Snapshot& layer, std::string_view how) {
  take_out_of_use(database_, layer.chain_id);
  {
    const std::lock_guard lock(mutex_);
    usable_.clear();
  }
  throw Error("layer {} of the store is damaged: {}", layer.chain_id.short_hex(), how)
      .with_hint("the layer is not used any more; build, pull or load the image again");
}

void Snapshots::sync() {
  sync_layers(database_, root_);
}

void Snapshots::sweep() {
  retire_orphans(database_, root_, Orphans::left_behind);
  sweep_unheld(root_);
}

}  // namespace cbuild::store
