// Reads documents, and looks for what they name; see image_verifier.h.
#include "src/store/image_verifier.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/verification.h"
#include "src/store/verified_store.h"

namespace cbuild::store {

namespace {

constexpr int kMaxIndexDepth = 4;

class ImageVerifier {
 public:
  explicit ImageVerifier(Verification& verification)
      : verification_(verification), store_(verification.store) {}

  void run() {
    std::vector<ImageRow> images;
    {
      Query query = store_.database.query(
          "SELECT id, digest, type, size, id IN (SELECT image FROM names) FROM images");
      while (query.next()) {
        ImageRow& image = images.emplace_back(ImageRow{query.digest(0), {}, query.integer(4) != 0});
        image.manifest.digest = query.digest(1);
        image.manifest.media_type = query.text(2);
        image.manifest.size = query.size(3);
      }
    }
    for (const ImageRow& image : images) {
      verification_.cancel.check();
      ++verification_.result.images;
      if (auto problem = problem_of(image)) note_image(image, std::move(*problem));
    }
  }

 private:
  struct ImageRow {
    oci::Digest id;
    oci::Descriptor manifest;
    bool named;
  };

  /// An image without a name may be older than the repair of a damaged layer: that is not damage.
  void note_image(const ImageRow& image, std::string problem) {
    const auto remove = [&] {
      Transaction transaction(store_.database);
      store_.database.run("DELETE FROM names WHERE image = ?", image.id);
      store_.database.run("DELETE FROM digests WHERE image = ?", image.id);
      store_.database.run("DELETE FROM images WHERE id = ?", image.id);
      transaction.commit();
      return std::string("removed; build, pull or load it again");
    };
    if (image.named)
      return verification_.note(Damage::Kind::image, image.id.to_string(), std::move(problem),
                                remove);
    ++verification_.result.leftovers;
    if (verification_.options.repair) remove();
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
    if (!verification_.intact.contains(document.digest)) {
      throw Error("its document {} is gone or damaged", document.digest.to_string());
    }
    return oci::read_document(store_.blobs, document);
  }

  /// @return the ID of the image that the document makes
  oci::Digest check_document(const oci::Descriptor& document, int depth) {
    const std::string text = read_intact(document);
    if (!oci::media_type::is_index(oci::media_type_of_document(text))) return check_manifest(text);
    if (depth == kMaxIndexDepth) throw Error("its indexes are nested too deep");
    for (const oci::Descriptor& child : oci::Index::parse(text).manifests) {
      if (store_.blobs.has(child)) check_document(child, depth + 1);  // others were never fetched
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
    const auto layer = store_.snapshots.find(chain);
    // A blob of a registry that no step has asked for yet is fetched when one does.
    const bool to_be_fetched = layer && !layer->unpacked && layer->blob;
    // With SOURCE_DATE_EPOCH the layers of an image are blobs only.
    if (!to_be_fetched && !store_.blobs.has(blob)) {
      throw Error("its layer {} is gone", blob.digest.to_string());
    }
  }

  Verification& verification_;
  const VerifiedStore& store_;
};

}  // namespace

void verify_images(Verification& verification) {
  ImageVerifier(verification).run();
}

}  // namespace cbuild::store
