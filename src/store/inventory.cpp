// Reads the tables and the documents of images into an Inventory; see inventory.h.
#include "src/store/inventory.h"

#include <set>
#include <string_view>
#include <utility>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/images.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/store/blobs.h"
#include "src/store/database.h"

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

std::vector<ContainerBase> read_containers(const Containers& containers) {
  std::vector<ContainerBase> bases;
  for (const std::string& id : containers.list()) {
    try {
      bases.push_back(containers.base(id));
    } catch (const Error&) {
      if (containers.contains(id)) throw;  // else it was removed meanwhile
    }
  }
  return bases;
}

}  // namespace

Inventory take_inventory(Database& database,
                         const Images& images,
                         Blobs& blobs,
                         const Containers& containers) {
  Inventory inventory;
  inventory.layers = read_layers(database);
  inventory.records = read_records(database);
  inventory.images = read_images(database, images, blobs);
  inventory.blobs = blobs.list();
  inventory.containers = read_containers(containers);
  return inventory;
}

}  // namespace cbuild::store
