// Carries out a plan: rows first, then the files that they named; see prune.h.
#include "src/store/prune.h"

#include <algorithm>
#include <span>
#include <utility>

#include "cbuild/store/prune_options.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/store/blob_file.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/disk_usage.h"
#include "src/store/inventory.h"
#include "src/store/layer_paths.h"
#include "src/store/orphans.h"
#include "src/store/prune_plan.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

// Rows that one transaction deletes: what it writes must fit into the reserve of the log. In the
// largest stores each row is on up to three pages of its own, of 4 KiB.
constexpr std::size_t kRowsAtOnce = 32;

/// Calls `action` with one slice of `items` after the other.
template <typename Item, typename Action>
void in_batches(const std::vector<const Item*>& items, const CancelToken& cancel, Action&& action) {
  for (std::span<const Item* const> rest(items); !rest.empty();) {
    cancel.check();
    const std::size_t count = std::min(kRowsAtOnce, rest.size());
    action(rest.first(count));
    rest = rest.subspan(count);
  }
}

/// Carries out one plan.
class Removal {
 public:
  Removal(const std::string& root, Database& database, Blobs& blobs, const CancelToken& cancel)
      : root_(root), database_(database), blobs_(blobs), cancel_(cancel) {}

  PruneResult run(const PrunePlan& plan) {
    cancel_.check();
    const auto orphans = plan.scope == PruneScope::garbage ? Orphans::left_behind : Orphans::all;
    sweep(orphans);
    const std::span files(plan.blobs);
    remove_blobs(files.first(plan.unnamed_blobs));
    remove_entries(plan);
    remove_layers(plan);
    remove_blobs(files.subspan(plan.unnamed_blobs));
    if (orphans == Orphans::all) release_retired(database_);
    sweep(orphans);
    return result_;
  }

 private:
  void sweep(Orphans orphans) {
    retire_orphans(database_, root_, orphans);
    sweep_unheld(root_);
  }

  /// Rows that no file belongs to.
  void remove_entries(const PrunePlan& plan) {
    delete_rows(plan.images, [&](const Inventory::ImageEntry& image) {
      database_.run("DELETE FROM names WHERE image = ?", image.id);
      database_.run("DELETE FROM digests WHERE image = ?", image.id);
      database_.run("DELETE FROM images WHERE id = ?", image.id);
    });
    delete_rows(plan.records, [&](const Inventory::Record& record) {
      database_.run("DELETE FROM records WHERE kind = ? AND key = ?", static_cast<int>(record.kind),
                    record.key);
    });
    result_.images = plan.images.size();
    result_.records = plan.records.size();
  }

  /// In the order of the plan: children before their parents.
  void remove_layers(const PrunePlan& plan) {
    const Fd snapshots = open_directory(snapshots_directory(root_));
    in_batches(plan.layers, cancel_, [&](std::span<const Inventory::Layer* const> layers) {
      delete_rows_at_once(layers, [&](const Inventory::Layer& layer) {
        database_.run("DELETE FROM snapshots WHERE chain = ?", layer.chain);
      });
      for (const auto* layer : layers)
        remove_directory(snapshots, *layer);
    });
  }

  void remove_directory(const Fd& snapshots, const Inventory::Layer& layer) {
    cancel_.check();
    if (!layer.directory) return;
    const std::string name = std::to_string(*layer.directory);
    const std::uint64_t bytes = disk_usage(snapshots.get(), name);
    try {
      remove_tree(snapshots.get(), name);
      result_.bytes += bytes;
      ++result_.snapshots;
    } catch (const SysError& error) {
      log_warning("cannot remove layer {}: {}", layer.chain.short_hex(), error.what());
    }
  }

  void remove_blobs(std::span<const BlobFile* const> files) {
    for (const auto* blob : files) {
      cancel_.check();
      blobs_.remove(blob->digest);
      result_.bytes += blob->bytes;
      ++result_.blobs;
    }
  }

  template <typename Item, typename Delete>
  void delete_rows(const std::vector<const Item*>& items, Delete&& delete_row) {
    in_batches(items, cancel_,
               [&](std::span<const Item* const> batch) { delete_rows_at_once(batch, delete_row); });
  }

  template <typename Item, typename Delete>
  void delete_rows_at_once(std::span<const Item* const> items, Delete&& delete_row) {
    // The files of the rows are removed next: after a power failure the rows must not come back.
    Transaction transaction(database_, Transaction::Durability::power);
    for (const auto* item : items)
      delete_row(*item);
    transaction.commit();
  }

  const std::string& root_;
  Database& database_;
  Blobs& blobs_;
  const CancelToken& cancel_;
  PruneResult result_;
};

}  // namespace

PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel) {
  return Removal(root, database, blobs, cancel).run(plan);
}

}  // namespace cbuild::store
