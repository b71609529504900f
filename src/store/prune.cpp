// Taking stock of the store, and removing what a plan says; see prune.h.
#include "src/store/prune.h"

#include <set>
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

std::vector<Inventory::Resolution> read_resolutions(Database& database, Blobs& blobs) {
  std::vector<Inventory::Resolution> resolutions;
  std::vector<oci::Descriptor> manifests;
  {
    Query row = database.query("SELECT name, platform, asked, digest, type, size FROM resolutions");
    while (row.next()) {
      resolutions.push_back(
          {.name = row.text(0), .platform = row.text(1), .asked = row.integer(2), .content = {}});
      oci::Descriptor& manifest = manifests.emplace_back();
      manifest.digest = row.digest(3);
      manifest.media_type = row.text(4);
      manifest.size = row.size(5);
    }
  }
  // Documents may take long to read: not while the database is held.
  for (std::size_t i = 0; i < manifests.size(); ++i)
    resolutions[i].content = read_content(blobs, manifests[i]);
  return resolutions;
}

void delete_rows(const PrunePlan& plan, Database& database) {
  // What the rows point to is removed next: should the power fail then, they must not come back.
  Transaction transaction(database, Transaction::Durability::power);
  for (const auto* image : plan.images) {
    database.run("DELETE FROM names WHERE image = ?", image->id);
    database.run("DELETE FROM images WHERE id = ?", image->id);
  }
  for (const auto* resolution : plan.resolutions) {
    database.run("DELETE FROM resolutions WHERE name = ? AND platform = ?", resolution->name,
                 resolution->platform);
  }
  for (const auto* record : plan.records) {
    database.run("DELETE FROM records WHERE kind = ? AND key = ?", static_cast<int>(record->kind),
                 record->key);
  }
  for (const auto* layer : plan.layers)
    database.run("DELETE FROM snapshots WHERE chain = ?", layer->chain);
  transaction.commit();
}

/// Removes the directory; returns what it took on disk.
std::uint64_t remove_layer(const Fd& snapshots, const Inventory::Layer& layer) {
  const std::string name = std::to_string(*layer.directory);
  const std::uint64_t bytes = disk_usage(snapshots.get(), name);
  remove_tree(snapshots.get(), name);
  return bytes;
}

}  // namespace

Inventory take_inventory(Database& database, const Images& images, Blobs& blobs) {
  Inventory inventory;
  inventory.layers = read_layers(database);
  inventory.records = read_records(database);
  inventory.resolutions = read_resolutions(database, blobs);
  for (const Image& image : images.list()) {
    inventory.images.push_back({.id = image.id,
                                .named = !image.names.empty(),
                                .created = image.created,
                                .content = read_content(blobs, image.manifest)});
  }
  inventory.blobs = blobs.list();
  return inventory;
}

PruneResult perform(const PrunePlan& plan,
                    const std::string& root,
                    Database& database,
                    Blobs& blobs,
                    const CancelToken& cancel) {
  cancel.check();
  delete_rows(plan, database);
  PruneResult result;
  result.images = plan.images.size();
  result.records = plan.records.size();
  const Fd snapshots = open_directory(snapshots_directory(root));
  for (const auto* layer : plan.layers) {
    cancel.check();
    if (!layer->directory) continue;
    try {
      result.bytes += remove_layer(snapshots, *layer);
      ++result.snapshots;
    } catch (const SysError& error) {
      log_warning("layer {} stays behind: {}", layer->chain.short_hex(), error.what());
    }
  }
  for (const auto* blob : plan.blobs) {
    cancel.check();
    blobs.remove(blob->digest);
    result.bytes += blob->bytes;
    ++result.blobs;
  }
  release_retired(database);
  retire_orphans(database, root);
  sweep_unheld(root);
  return result;
}

}  // namespace cbuild::store
