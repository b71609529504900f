// Reads and compares everything in a store, and repairs it; see verifier.h.
#include "src/store/verifier.h"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "cbuild/layer/diff.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/text.h"
#include "src/store/blobs.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_trust.h"
#include "src/store/orphans.h"
#include "src/store/publish.h"
#include "src/store/snapshot_row.h"
#include "src/store/staging.h"
#include "src/store/unpack.h"

namespace cbuild::store {

namespace {

constexpr int kMaxIndexDepth = 4;

/// Writes the directory as a tar nobody keeps; returns the digest.
oci::Digest digest_of_tree(const Fd& directory, const CancelToken& cancel) {
  HashingSink tar;
  layer::write_tar(directory, tar, {.latest_time = std::nullopt, .cancel = &cancel});
  return oci::Digest(tar.finish());
}

/// One verification. The order matters: a blob that is dropped is missing when layers are checked,
/// and so on for images, names and records.
class Verifier {
 public:
  Verifier(const VerifiedStore& store, const VerifyOptions& options, const CancelToken& cancel)
      : root_(store.root),
        database_(store.database),
        snapshots_(store.snapshots),
        blobs_(store.blobs),
        options_(options),
        cancel_(cancel) {}

  VerifyResult run() {
    check_blobs();
    check_layers();
    check_images();
    check_names();
    check_records();
    count_leftovers();
    return std::move(result_);
  }

 private:
  using Kind = Damage::Kind;

  /// Notes what is wrong; with --repair it calls `mend`, which says what it did.
  void note(Kind kind,
            std::string subject,
            std::string problem,
            const std::function<std::string()>& mend) {
    Damage damage{kind, std::move(subject), std::move(problem), {}};
    if (options_.repair && mend) damage.remedy = mend();
    result_.damages.push_back(std::move(damage));
  }

  void tell(std::string_view what, std::uint64_t done, std::uint64_t total) const {
    cancel_.check();
    if (options_.progress) options_.progress(what, done, total);
  }

  void check_blobs() {
    const std::vector<Blobs::File> files = blobs_.list();
    for (const Blobs::File& file : files) {
      tell("blobs", result_.blobs++, files.size());
      auto problem = blobs_.damage_of(file.digest, cancel_);
      if (!problem) {
        intact_.insert(file.digest);
        continue;
      }
      note(Kind::blob, file.digest.to_string(), std::move(*problem), [&] {
        blobs_.remove(file.digest);
        return std::string("removed");
      });
    }
  }

  std::vector<Snapshot> read_layers(std::string_view sql) {
    std::vector<Snapshot> layers;
    Query query = database_.query(sql);
    while (query.next())
      layers.push_back(read_snapshot(query));
    return layers;
  }

  void check_layers() {
    for (const Snapshot& layer : read_layers("SELECT * FROM snapshots"))
      check_row(layer);
    // One that shares a directory is whole when its owner is.
    const auto owners = read_layers("SELECT * FROM snapshots WHERE directory IS NOT NULL");
    for (const Snapshot& layer : owners) {
      tell("layers", result_.layers++, owners.size());
      check_directory(layer);
    }
  }

  void check_row(const Snapshot& layer) {
    if (layer.chain_id == oci::chain_id(layer.parent, layer.diff_id)) return;
    note(Kind::layer, layer.chain_id.to_string(), "its row in the database is damaged", [&] {
      retire_directory(database_, layer.chain_id);
      database_.run("DELETE FROM snapshots WHERE chain = ?", layer.chain_id);
      return std::string("removed");
    });
  }

  void check_directory(const Snapshot& layer) {
    if (!has_directory(database_, root_, layer.chain_id)) {
      return drop_layer(layer, "its directory is gone");
    }
    const Fd directory = open_layer(root_, directory_name(database_, layer.chain_id));
    try {
      if (layer.made_here) {
        check_made_layer(layer, directory);
      } else {
        check_pulled_layer(layer, directory);
      }
    } catch (const SysError& error) {
      drop_layer(layer, fmt::format("it cannot be read: {}", error.what()));
    }
  }

  void check_made_layer(const Snapshot& layer, const Fd& directory) {
    const oci::Digest actual = digest_of_tree(directory, cancel_);
    if (actual == layer.diff_id) return;
    drop_layer(layer, fmt::format("its tar has the digest {}, not {}", actual.to_string(),
                                  layer.diff_id.to_string()));
  }

  /// Compares the directory with the blob, unpacked once more beside it.
  void check_pulled_layer(const Snapshot& layer, const Fd& directory) {
    if (!layer.blob || !intact_.contains(layer.blob->digest)) {
      return drop_layer(layer, "its blob is gone or damaged, so it cannot be compared");
    }
    StagingDirectory staging(root_);
    const Fd fresh = staging.make("fs", 0755);
    const auto blob = blobs_.open(*layer.blob);
    const UnpackedBlob unpacked = unpack_blob(*blob, layer, fresh, cancel_);
    if (unpacked.has_whiteouts && !settle(layer, fresh)) return;
    if (digest_of_tree(fresh, cancel_) == digest_of_tree(directory, cancel_)) return;
    note(Kind::layer, layer.chain_id.to_string(), "its files are not those of its blob", [&] {
      publish(database_, root_, staging,
              {.parent = layer.parent,
               .diff_id = layer.diff_id,
               .size = unpacked.size,
               .made_here = false,
               .replaces = true});
      return std::string("unpacked again from its blob");
    });
  }

  /// As it was done when the layer was unpacked. False when a layer below is not unpacked, and
  /// nothing can be said.
  bool settle(const Snapshot& layer, const Fd& fresh) {
    try {
      drop_idle_whiteouts(database_, root_, layer.parent, fresh);
      return true;
    } catch (const SysError&) {
      throw;
    } catch (const Error&) {
      return false;
    }
  }

  void drop_layer(const Snapshot& layer, std::string problem) {
    note(Kind::layer, layer.chain_id.to_string(), std::move(problem), [&] {
      take_out_of_use(database_, layer.chain_id);
      return std::string("taken out of use");
    });
  }

  struct ImageRow {
    oci::Digest id;
    oci::Descriptor manifest;
    bool named;
  };

  void check_images() {
    std::vector<ImageRow> images;
    {
      Query query = database_.query(
          "SELECT id, digest, type, size, id IN (SELECT image FROM names) FROM images");
      while (query.next()) {
        ImageRow& image = images.emplace_back(ImageRow{query.digest(0), {}, query.integer(4) != 0});
        image.manifest.digest = query.digest(1);
        image.manifest.media_type = query.text(2);
        image.manifest.size = query.size(3);
      }
    }
    for (const ImageRow& image : images) {
      cancel_.check();
      ++result_.images;
      if (auto problem = problem_of(image)) note_image(image, std::move(*problem));
    }
  }

  /// An image without a name may be older than the repair of a damaged layer: that is not damage.
  void note_image(const ImageRow& image, std::string problem) {
    const auto remove = [&] {
      Transaction transaction(database_);
      database_.run("DELETE FROM names WHERE image = ?", image.id);
      database_.run("DELETE FROM digests WHERE image = ?", image.id);
      database_.run("DELETE FROM images WHERE id = ?", image.id);
      transaction.commit();
      return std::string("removed; build, pull or load it again");
    };
    if (image.named) return note(Kind::image, image.id.to_string(), std::move(problem), remove);
    ++result_.leftovers;
    if (options_.repair) remove();
  }

  /// The damage of an image; nullopt when it is intact.
  std::optional<std::string> problem_of(const ImageRow& image) {
    try {
      const oci::Digest id = check_document(image.manifest, 1);
      if (id != image.id) return "its row in the database is damaged";
      return std::nullopt;
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      return printable(error.what());
    }
  }

  std::string read_intact(const oci::Descriptor& document) {
    if (!intact_.contains(document.digest)) {
      throw Error("its document {} is gone or damaged", document.digest.to_string());
    }
    return oci::read_document(blobs_, document);
  }

  /// @return the ID of the image that the document makes
  oci::Digest check_document(const oci::Descriptor& document, int depth) {
    const std::string text = read_intact(document);
    if (!oci::media_type::is_index(oci::media_type_of_document(text))) return check_manifest(text);
    if (depth == kMaxIndexDepth) throw Error("its indexes are nested too deep");
    for (const oci::Descriptor& child : oci::Index::parse(text).manifests) {
      if (blobs_.has(child)) check_document(child, depth + 1);  // others were never fetched
    }
    return document.digest;
  }

  oci::Digest check_manifest(const std::string& text) {
    const auto manifest = oci::Manifest::parse(text);
    const std::string config = read_intact(manifest.config);
    if (!oci::media_type::is_config(manifest.config.media_type)) return manifest.config.digest;
    const std::vector<oci::Digest> diff_ids = oci::ImageConfig::parse(config).diff_ids;
    if (diff_ids.size() != manifest.layers.size()) {
      throw Error("its manifest has {} layers, its config {}", manifest.layers.size(),
                  diff_ids.size());
    }
    std::optional<oci::Digest> chain;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
      chain = oci::chain_id(chain, diff_ids[i]);
      check_layer_of_image(*chain, manifest.layers[i]);
    }
    return manifest.config.digest;
  }

  void check_layer_of_image(const oci::Digest& chain, const oci::Descriptor& blob) {
    const auto layer = snapshots_.find(chain);
    // A blob of a registry that no step has asked for yet is fetched when one does.
    const bool to_be_fetched = layer && !layer->unpacked && layer->blob;
    // With SOURCE_DATE_EPOCH the layers of an image are blobs only.
    if (!to_be_fetched && !blobs_.has(blob)) {
      throw Error("its layer {} is gone", blob.digest.to_string());
    }
  }

  void check_names() {
    struct Row {
      std::string name;
      std::string platform;
    };

    std::vector<Row> lost;
    {
      Query query = database_.query(
          "SELECT name, platform, images.id IS NULL FROM names"
          " LEFT JOIN images ON images.id = names.image");
      while (query.next()) {
        ++result_.names;
        Row row{query.text(0), query.text(1)};
        if (query.integer(2) != 0 || !oci::Reference::try_parse(row.name))
          lost.push_back(std::move(row));
      }
    }
    for (const Row& row : lost) {
      note(Kind::name, printable(row.name), "its image is missing", [&] {
        database_.run("DELETE FROM names WHERE name = ? AND platform = ?", row.name, row.platform);
        return std::string("removed");
      });
    }
    if (options_.repair)
      database_.run("DELETE FROM digests WHERE image NOT IN (SELECT id FROM images)");
  }

  void check_records() {
    std::vector<oci::Digest> wrong;
    {
      Query query = database_.query("SELECT key, value FROM records WHERE kind = ?",
                                    static_cast<int>(RecordKind::step));
      while (query.next()) {
        ++result_.records;
        const auto chain = oci::Digest::try_parse(query.text(1));
        if (!chain || !snapshots_.find(*chain)) wrong.push_back(query.digest(0));
      }
    }
    for (const oci::Digest& key : wrong) {
      note(Kind::record, key.to_string(), "the layer that the step made is unknown", [&] {
        database_.run("DELETE FROM records WHERE kind = ? AND key = ?",
                      static_cast<int>(RecordKind::step), key);
        return std::string("removed");
      });
    }
  }

  void count_leftovers() {
    result_.leftovers += count_unheld(root_) + orphans(database_, root_).size();
    if (!options_.repair) return;
    release_retired(database_);
    retire_orphans(database_, root_, Orphans::all);
    sweep_unheld(root_);
  }

  const std::string& root_;
  Database& database_;
  Snapshots& snapshots_;
  Blobs& blobs_;
  const VerifyOptions& options_;
  const CancelToken& cancel_;
  std::unordered_set<oci::Digest> intact_;  ///< blobs whose files are what they are called
  VerifyResult result_;
};

}  // namespace

VerifyResult verify_store(const VerifiedStore& store,
                          const VerifyOptions& options,
                          const CancelToken& cancel) {
  return Verifier(store, options, cancel).run();
}

}  // namespace cbuild::store
