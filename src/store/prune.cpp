// Taking stock of the store, and removing what a plan says; see prune.h.
#include "src/store/prune.h"

#include <algorithm>
#include <span>
#include <utility>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/store/layer_directory.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

std::vector<oci::Digest> digests_in(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  constexpr std::size_t kLength = kAlgorithm.size() + 64;
  std::vector<oci::Digest> digests;
  for (auto at = text.find(kAlgorithm); at != std::string_view::npos;
       at = text.find(kAlgorithm, at + 1)) {
    if (auto digest = oci::Digest::try_parse(text.substr(at, kLength))) digests.push_back(*digest);
  }
  return digests;
}

constexpr int kMaxIndexDepth = 4;

void read_manifest(Blobs& blobs, const std::string& text, Inventory::Content& content) {
  const auto manifest = oci::Manifest::parse(text);
  content.documents.push_back(manifest.config.digest);
  for (const oci::Descriptor& layer : manifest.layers)
    content.layers.push_back(layer.digest);
  const auto config = oci::ImageConfig::parse(oci::read_document(blobs, manifest.config));
  if (const auto chain = oci::chain_of(config.diff_ids)) content.chains.push_back(*chain);
}

/// Adds what the manifest or index needs. Damaged or missing documents leave gaps, for nothing can
/// be done with such an image; a failing disk is an Error.
void read_content(Blobs& blobs,
                  const oci::Descriptor& document,
                  int depth,
                  Inventory::Content& content) {
  content.documents.push_back(document.digest);
  try {
    const std::string text = oci::read_document(blobs, document);
    if (!oci::media_type::is_index(oci::media_type_of_document(text)))
      return read_manifest(blobs, text, content);
    if (depth == kMaxIndexDepth) return;
    for (const oci::Descriptor& child : oci::Index::parse(text).manifests)
      read_content(blobs, child, depth + 1, content);
  } catch (const SysError&) {
    throw;
  } catch (const Error& error) {
    log_debug("image {}: {}", document.digest.to_string(), error.what());
  }
}

Inventory::Content read_content(Blobs& blobs, const oci::Descriptor& root) {
  Inventory::Content content;
  read_content(blobs, root, 1, content);
  return content;
}

std::vector<Inventory::Layer> read_layers(Database& database) {
  std::vector<Inventory::Layer> layers;
  Query row = database.query(
      "SELECT chain, parent, directory, size, created, blob_digest,"
      " CASE WHEN directory IS NULL AND made_here THEN diff END FROM snapshots");
  while (row.next()) {
    Inventory::Layer& layer = layers.emplace_back();
    layer.chain = row.digest(0);
    layer.parent = row.maybe_digest(1);
    if (!row.is_null(2)) layer.directory = row.integer(2);
    layer.size = row.size(3);
    layer.created = row.integer(4);
    layer.blob = row.maybe_digest(5);
    layer.shares = row.maybe_digest(6);
  }
  return layers;
}

std::vector<Inventory::Record> read_records(Database& database) {
  std::vector<Inventory::Record> records;
  Query row = database.query("SELECT kind, key, used, value FROM records");
  while (row.next()) {
    records.push_back({.kind = static_cast<RecordKind>(row.integer(0)),
                       .key = row.digest(1),
                       .used = row.integer(2),
                       .digests = digests_in(row.text(3))});
  }
  return records;
}

/// Images that have a name which is not just that of a base; see Images::add_base().
std::set<oci::Digest> named_by_user(Database& database) {
  std::set<oci::Digest> ids;
  Query row = database.query("SELECT image FROM names WHERE platform = ''");
  while (row.next())
    ids.insert(row.digest(0));
  return ids;
}

std::vector<Inventory::ImageEntry> read_images(Database& database,
                                               const Images& images,
                                               Blobs& blobs) {
  using Named = Inventory::Named;
  std::vector<Inventory::ImageEntry> entries;
  const std::set<oci::Digest> by_user = named_by_user(database);
  for (const Image& image : images.list()) {
    const Named by_anybody = image.names.empty() ? Named::no : Named::as_base;
    entries.push_back({.id = image.id,
                       .named = by_user.contains(image.id) ? Named::yes : by_anybody,
                       .created = image.created,
                       .content = read_content(blobs, image.manifest)});
  }
  return entries;
}

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

  /// In the order of the plan: what stands on others goes before them.
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
      log_warning("layer {} stays behind: {}", layer.chain.short_hex(), error.what());
    }
  }

  void remove_blobs(std::span<const Blobs::File* const> files) {
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
    // What the rows point to is removed next: should the power fail then, they must not come back.
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

Inventory take_inventory(Database& database, const Images& images, Blobs& blobs) {
  Inventory inventory;
  inventory.layers = read_layers(database);
  inventory.records = read_records(database);
  inventory.images = read_images(database, images, blobs);
  inventory.blobs = blobs.list();
  return inventory;
}

PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel) {
  return Removal(root, database, blobs, cancel).run(plan);
}

}  // namespace cbuild::store
