// Images, their names, and what names meant; see images.h.
#include "cbuild/store/images.h"

#include <algorithm>

#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "src/store/database.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kShortestPrefix = 2;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

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

void add_names(Database& database, Image& image) {
  Query names = database.query("SELECT name FROM names WHERE image = ? ORDER BY name", image.id);
  while (names.next())
    image.names.push_back(oci::Reference::parse(names.text(0)));
}

std::optional<Image> first_image(Database& database, Query rows) {
  if (!rows.next()) return std::nullopt;
  Image image = read_image(rows);
  add_names(database, image);
  return image;
}

std::optional<oci::Digest> holder_of(Database& database, const oci::Reference& name) {
  Query query = database.query("SELECT image FROM names WHERE name = ?", name.to_string());
  if (!query.next()) return std::nullopt;
  return query.digest(0);
}

void set_holder(Database& database, const oci::Reference& name, const oci::Digest& id) {
  database.run(
      "INSERT INTO names(name, image) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET image = ?2",
      name.to_string(), id);
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
  const bool has_names = std::ranges::all_of(
      names, [&](const oci::Reference& name) { return holder_of(database_, name) == id; });
  if (has_names && find(id)) return;
  snapshots_.sync();
  Transaction transaction(database_, Transaction::Durability::power);
  database_.run(
      "INSERT INTO images(id, digest, type, size, created) VALUES(?, ?, ?, ?, ?)"
      " ON CONFLICT DO NOTHING",
      id, manifest.digest, manifest.media_type, manifest.size, database_.now());
  for (const oci::Reference& name : names)
    set_holder(database_, name, id);
  transaction.commit();
}

void Images::replace_manifest(const oci::Digest& id, const oci::Descriptor& manifest) {
  database_.run("UPDATE images SET digest = ?2, type = ?3, size = ?4 WHERE id = ?1", id,
                manifest.digest, manifest.media_type, manifest.size);
}

void Images::tag(const oci::Reference& name, const oci::Digest& id) {
  if (holder_of(database_, name) == id) return;
  snapshots_.sync();
  Transaction transaction(database_, Transaction::Durability::power);
  if (!find(id)) throw Error("the store has no image {}", id.to_string());
  set_holder(database_, name, id);
  transaction.commit();
}

bool Images::untag(const oci::Reference& name) {
  Transaction transaction(database_);
  const bool removed = database_.run("DELETE FROM names WHERE name = ?", name.to_string()) > 0;
  transaction.commit();
  return removed;
}

bool Images::remove(const oci::Digest& id) {
  Transaction transaction(database_);
  database_.run("DELETE FROM names WHERE image = ?", id);
  const bool removed = database_.run("DELETE FROM images WHERE id = ?", id) > 0;
  transaction.commit();
  return removed;
}

std::optional<Image> Images::find(const oci::Reference& name) const {
  if (const auto id = holder_of(database_, name)) return find(*id);
  if (!name.digest) return std::nullopt;
  return first_image(database_,
                     database_.query("SELECT * FROM images WHERE digest = ?", *name.digest));
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

void Images::remember(const oci::Reference& name,
                      const oci::Platform& platform,
                      const oci::Descriptor& manifest) {
  database_.run(
      "INSERT INTO resolutions(name, platform, digest, type, size, asked)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(name, platform) DO UPDATE"
      " SET digest = ?3, type = ?4, size = ?5, asked = ?6",
      name.to_string(), platform.to_string(), manifest.digest, manifest.media_type, manifest.size,
      database_.now());
}

std::optional<oci::Descriptor> Images::remembered(const oci::Reference& name,
                                                  const oci::Platform& platform) const {
  Query query =
      database_.query("SELECT digest, type, size FROM resolutions WHERE name = ? AND platform = ?",
                      name.to_string(), platform.to_string());
  if (!query.next()) return std::nullopt;
  oci::Descriptor manifest;
  manifest.digest = query.digest(0);
  manifest.media_type = query.text(1);
  manifest.size = query.size(2);
  return manifest;
}

}  // namespace cbuild::store
