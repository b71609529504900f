// Rows of the tables `images`, `names` and `digests`; see images.h.
#include "cbuild/store/images.h"

#include <algorithm>

#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/sha256.h"
#include "src/store/database.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kShortestPrefix = 2;
constexpr const char* kAnyPlatform = "";

/// Reads a row of "SELECT * FROM images".
Image read_image(const Query& row) {
  Image image;
  image.id = row.digest(0);
  image.manifest.digest = row.digest(1);
  image.manifest.media_type = row.text(2);
  image.manifest.size = row.size(3);
  image.created = row.integer(4);
  return image;
}

/// The key of the tables: with a digest the tag means nothing.
std::string key_of(oci::Reference name) {
  if (name.digest) name.tag.clear();
  return name.to_string();
}

bool has_name_in(const std::string& repository, const Image& image) {
  return std::ranges::any_of(image.names,
                             [&](const auto& name) { return name.name() == repository; });
}

void add_names(Database& database, Image& image) {
  Query names =
      database.query("SELECT DISTINCT name FROM names WHERE image = ? ORDER BY name", image.id);
  while (names.next())
    image.names.push_back(oci::Reference::parse(names.text(0)));
  Query digests = database.query(
      "SELECT repository, digest FROM digests WHERE image = ? ORDER BY repository", image.id);
  while (digests.next()) {
    if (!has_name_in(digests.text(0), image)) continue;
    oci::Reference name = oci::Reference::parse(digests.text(0));
    name.tag.clear();
    name.digest = digests.digest(1);
    image.digests.push_back(std::move(name));
  }
}

std::optional<Image> first_image(Database& database, Query rows) {
  if (!rows.next()) return std::nullopt;
  Image image = read_image(rows);
  add_names(database, image);
  return image;
}

std::optional<oci::Digest> holder_of(Database& database,
                                     const oci::Reference& name,
                                     const std::string& platform) {
  Query query = database.query("SELECT image FROM names WHERE name = ? AND platform = ?",
                               key_of(name), platform);
  if (!query.next()) return std::nullopt;
  return query.digest(0);
}

void add_row(Database& database, const oci::Digest& id, const oci::Descriptor& manifest) {
  database.run(
      "INSERT INTO images(id, digest, type, size, created) VALUES(?, ?, ?, ?, ?)"
      " ON CONFLICT DO NOTHING",
      id, manifest.digest, manifest.media_type, manifest.size, database.now());
}

/// Takes the name from all who have it.
void set_holder(Database& database, const oci::Reference& name, const oci::Digest& id) {
  if (holder_of(database, name, kAnyPlatform) == id) return;
  database.run("DELETE FROM names WHERE name = ?", key_of(name));
  database.run("INSERT INTO names(name, image) VALUES(?, ?)", key_of(name), id);
}

/// Those that the digest tells: a registry has them under it, or it is that of their manifest.
std::vector<oci::Digest> ids_by_digest(Database& database, const oci::Reference& name) {
  std::vector<oci::Digest> ids;
  Query rows = database.query(
      "SELECT image FROM digests WHERE repository = ?1 AND digest = ?2"
      " UNION SELECT id FROM images WHERE digest = ?2",
      name.name(), *name.digest);
  while (rows.next())
    ids.push_back(rows.digest(0));
  return ids;
}

/// The images whose ID begins with these digits: two at most, for two are too many.
std::vector<oci::Digest> ids_with_prefix(Database& database, const std::string& prefix) {
  const auto padded = [&](char digit) {
    return oci::Digest::parse("sha256:" + prefix +
                              std::string(kDigestDigits - prefix.size(), digit));
  };
  std::vector<oci::Digest> ids;
  Query query = database.query("SELECT id FROM images WHERE id BETWEEN ? AND ? LIMIT 2",
                               padded('0'), padded('f'));
  while (query.next())
    ids.push_back(query.digest(0));
  return ids;
}

}  // namespace

void Images::add(const oci::Digest& id,
                 const oci::Descriptor& manifest,
                 std::span<const oci::Reference> names) {
  // Looking first keeps cached builds from writing.
  const bool has_names = std::ranges::all_of(names, [&](const oci::Reference& name) {
    return holder_of(database_, name, kAnyPlatform) == id;
  });
  if (has_names && find(id)) return;
  snapshots_.sync();
  Transaction transaction(database_, Transaction::Durability::power);
  add_row(database_, id, manifest);
  for (const oci::Reference& name : names)
    set_holder(database_, name, id);
  transaction.commit();
}

void Images::replace_manifest(const oci::Digest& id, const oci::Descriptor& manifest) {
  database_.run("UPDATE images SET digest = ?2, type = ?3, size = ?4 WHERE id = ?1", id,
                manifest.digest, manifest.media_type, manifest.size);
}

void Images::tag(const oci::Reference& name, const oci::Digest& id) {
  if (holder_of(database_, name, kAnyPlatform) == id) return;
  snapshots_.sync();
  Transaction transaction(database_, Transaction::Durability::power);
  if (!find(id)) throw Error("the store has no image {}", id.to_string());
  set_holder(database_, name, id);
  transaction.commit();
}

void Images::add_base(const oci::Reference& name,
                      const oci::Platform& platform,
                      const oci::Digest& id,
                      const oci::Descriptor& manifest) {
  if (holder_of(database_, name, platform.to_string()) == id && find(id)) return;
  Transaction transaction(database_);
  add_row(database_, id, manifest);
  database_.run(
      "INSERT INTO names(name, platform, image) VALUES(?1, ?2, ?3)"
      " ON CONFLICT(name, platform) DO UPDATE SET image = ?3",
      key_of(name), platform.to_string(), id);
  transaction.commit();
}

bool Images::untag(const oci::Reference& name) {
  Transaction transaction(database_);
  bool changed = database_.run("DELETE FROM names WHERE name = ?", key_of(name)) > 0;
  if (name.digest) {
    changed |= database_.run("DELETE FROM digests WHERE repository = ? AND digest = ?", name.name(),
                             *name.digest) > 0;
  }
  transaction.commit();
  return changed;
}

bool Images::remove(const oci::Digest& id) {
  Transaction transaction(database_);
  database_.run("DELETE FROM names WHERE image = ?", id);
  database_.run("DELETE FROM digests WHERE image = ?", id);
  const bool removed = database_.run("DELETE FROM images WHERE id = ?", id) > 0;
  transaction.commit();
  return removed;
}

void Images::note_digest(const oci::Reference& name,
                         const oci::Digest& digest,
                         const oci::Digest& id) {
  {
    Query known = database_.query("SELECT digest FROM digests WHERE repository = ? AND image = ?",
                                  name.name(), id);
    if (known.next() && known.digest(0) == digest) return;
  }
  database_.run(
      "INSERT INTO digests(repository, image, digest) VALUES(?1, ?2, ?3)"
      " ON CONFLICT(repository, image) DO UPDATE SET digest = ?3",
      name.name(), id, digest);
}

std::optional<oci::Reference> Images::origin(const oci::Digest& manifest) const {
  Query row = database_.query(
      "SELECT repository FROM digests WHERE image IN (SELECT id FROM images WHERE digest = ?)",
      manifest);
  if (!row.next()) return std::nullopt;
  oci::Reference name = oci::Reference::parse(row.text(0));
  name.tag.clear();
  name.digest = manifest;
  return name;
}

std::vector<Holder> Images::holders(const oci::Reference& name) const {
  std::vector<Holder> holders;
  const auto add = [&](const oci::Digest& id, std::string platform) {
    if (auto image = find(id)) holders.push_back({std::move(*image), std::move(platform)});
  };
  {
    Query rows = database_.query(
        "SELECT image, platform FROM names WHERE name = ?"
        " ORDER BY platform <> '', platform <> ?, platform",
        key_of(name), oci::Platform::host().to_string());
    while (rows.next())
      add(rows.digest(0), rows.text(1));
  }
  if (!name.digest || !holders.empty()) return holders;
  for (const oci::Digest& id : ids_by_digest(database_, name)) {
    add(id, kAnyPlatform);
    if (!holders.empty() && !has_name_in(name.name(), holders.back().image)) holders.pop_back();
  }
  return holders;
}

std::optional<Image> Images::find(const oci::Reference& name) const {
  std::vector<Holder> all = holders(name);
  if (all.empty()) return std::nullopt;
  return std::move(all.front().image);
}

std::optional<Image> Images::find(const oci::Digest& id) const {
  return first_image(database_, database_.query("SELECT * FROM images WHERE id = ?", id));
}

std::optional<Image> Images::find(std::string_view text) const {
  if (const auto name = oci::Reference::try_parse(text)) {
    if (auto image = find(*name)) return image;
  }
  constexpr std::string_view kAlgorithm = "sha256:";
  if (text.starts_with(kAlgorithm)) text.remove_prefix(kAlgorithm.size());
  if (text.size() < kShortestPrefix || text.size() > kDigestDigits || !is_hex(text)) {
    return std::nullopt;
  }
  const auto ids = ids_with_prefix(database_, std::string(text));
  if (ids.empty()) return std::nullopt;
  if (ids.size() > 1) {
    throw Error(ErrorKind::usage, "'{}' is the beginning of more than one image ID", text)
        .with_hint("give more digits");
  }
  return find(ids.front());
}

std::vector<Image> Images::list() const {
  std::vector<Image> images;
  Query rows = database_.query("SELECT * FROM images ORDER BY created DESC, id");
  while (rows.next())
    images.push_back(read_image(rows));
  for (Image& image : images)
    add_names(database_, image);
  return images;
}

}  // namespace cbuild::store
