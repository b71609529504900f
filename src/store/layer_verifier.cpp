// Compares rows, directories and blobs; see layer_verifier.h.
#include "src/store/layer_verifier.h"

#include <string_view>
#include <utility>
#include <vector>

#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/layer_directory.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_tar.h"
#include "src/store/layer_trust.h"
#include "src/store/publish.h"
#include "src/store/snapshot_row.h"
#include "src/store/staging.h"
#include "src/store/unpack.h"
#include "src/store/verification.h"
#include "src/store/verified_store.h"

namespace cbuild::store {

namespace {

class LayerVerifier {
 public:
  explicit LayerVerifier(Verification& verification)
      : verification_(verification), store_(verification.store) {}

  void run() {
    for (const Snapshot& layer : read_layers("SELECT * FROM snapshots"))
      check_row(layer);
    // One that shares a directory is whole when its owner is.
    const auto owners = read_layers("SELECT * FROM snapshots WHERE directory IS NOT NULL");
    for (const Snapshot& layer : owners) {
      verification_.tell("layers", verification_.result.layers++, owners.size());
      check_directory(layer);
    }
  }

 private:
  std::vector<Snapshot> read_layers(std::string_view sql) {
    std::vector<Snapshot> layers;
    Query query = store_.database.query(sql);
    while (query.next())
      layers.push_back(read_snapshot(query));
    return layers;
  }

  void check_row(const Snapshot& layer) {
    if (layer.chain_id == oci::chain_id(layer.parent, layer.diff_id)) return;
    verification_.note(
        Damage::Kind::layer, layer.chain_id.to_string(), "its row in the database is damaged", [&] {
          retire_directory(store_.database, layer.chain_id);
          store_.database.run("DELETE FROM snapshots WHERE chain = ?", layer.chain_id);
          return std::string("removed");
        });
  }

  void check_directory(const Snapshot& layer) {
    if (!has_directory(store_.database, store_.root, layer.chain_id)) {
      return drop_layer(layer, "its directory is gone");
    }
    const std::string name = directory_name(store_.database, layer.chain_id);
    const Fd directory = open_layer(store_.root, name);
    try {
      const oci::Digest actual =
          hash_layer(directory, store_.owners.of(name), verification_.cancel).diff_id;
      if (layer.made_here) {
        check_made_layer(layer, actual);
      } else {
        check_pulled_layer(layer, actual);
      }
    } catch (const SysError& error) {
      drop_layer(layer, fmt::format("it cannot be read: {}", error.what()));
    }
  }

  void check_made_layer(const Snapshot& layer, const oci::Digest& actual) {
    if (actual == layer.diff_id) return;
    drop_layer(layer, fmt::format("its tar has the digest {}, not {}", actual.to_string(),
                                  layer.diff_id.to_string()));
  }

  /// Compares the directory with the blob, unpacked once more beside it.
  void check_pulled_layer(const Snapshot& layer, const oci::Digest& actual) {
    if (!layer.blob || !verification_.intact.contains(layer.blob->digest)) {
      return drop_layer(layer, "its blob is gone or damaged, so it cannot be compared");
    }
    StagingDirectory staging(store_.root);
    const Fd fresh = staging.make("fs", 0755);
    const auto blob = store_.blobs.open(*layer.blob);
    const auto owners = std::make_shared<FileOwners>(store_.owners.how());
    const UnpackedBlob unpacked = unpack_blob(*blob, layer, fresh, *owners, verification_.cancel);
    if (unpacked.has_whiteouts && !settle(layer, fresh)) return;
    if (hash_layer(fresh, owners, verification_.cancel).diff_id == actual) return;
    verification_.note(Damage::Kind::layer, layer.chain_id.to_string(),
                       "its files are not those of its blob", [&] {
                         publish(store_.layers(), staging,
                                 {.parent = layer.parent,
                                  .diff_id = layer.diff_id,
                                  .size = unpacked.size,
                                  .made_here = false,
                                  .replaces = true},
                                 *owners);
                         return std::string("unpacked again from its blob");
                       });
  }

  /// As it was done when the layer was unpacked. False when a layer below is not unpacked, and
  /// nothing can be said.
  bool settle(const Snapshot& layer, const Fd& fresh) {
    try {
      layer::drop_idle_whiteouts(fresh, open_stack(store_.layers(), layer.parent));
      return true;
    } catch (const SysError&) {
      throw;
    } catch (const Error&) {
      return false;
    }
  }

  void drop_layer(const Snapshot& layer, std::string problem) {
    verification_.note(Damage::Kind::layer, layer.chain_id.to_string(), std::move(problem), [&] {
      take_out_of_use(store_.database, layer.chain_id);
      return std::string("taken out of use");
    });
  }

  Verification& verification_;
  const VerifiedStore& store_;
};

}  // namespace

void verify_layers(Verification& verification) {
  LayerVerifier(verification).run();
}

}  // namespace cbuild::store
