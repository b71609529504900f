// Reads and compares everything in a store, and repairs it; see verifier.h.
#include "src/store/verifier.h"

#include <utility>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/verify.h"
#include "cbuild/util/text.h"
#include "src/store/blob_file.h"
#include "src/store/blobs.h"
#include "src/store/database.h"
#include "src/store/image_verifier.h"
#include "src/store/layer_verifier.h"
#include "src/store/orphans.h"
#include "src/store/staging.h"
#include "src/store/verification.h"
#include "src/store/verified_store.h"

namespace cbuild::store {

namespace {

void verify_blobs(Verification& verification) {
  const VerifiedStore& store = verification.store;
  const std::vector<BlobFile> files = store.blobs.list();
  for (const BlobFile& file : files) {
    verification.tell("blobs", verification.result.blobs++, files.size());
    auto problem = store.blobs.damage_of(file.digest, verification.cancel);
    if (!problem) {
      verification.intact.insert(file.digest);
      continue;
    }
    verification.note(Damage::Kind::blob, file.digest.to_string(), std::move(*problem), [&] {
      store.blobs.remove(file.digest);
      return std::string("removed");
    });
  }
}

void verify_names(Verification& verification) {
  const VerifiedStore& store = verification.store;

  struct Row {
    std::string name;
    std::string platform;
  };

  std::vector<Row> lost;
  {
    Query query = store.database.query(
        "SELECT name, platform, images.id IS NULL FROM names"
        " LEFT JOIN images ON images.id = names.image");
    while (query.next()) {
      ++verification.result.names;
      Row row{query.text(0), query.text(1)};
      if (query.integer(2) != 0 || !oci::Reference::try_parse(row.name))
        lost.push_back(std::move(row));
    }
  }
  for (const Row& row : lost) {
    verification.note(Damage::Kind::name, printable(row.name), "its image is missing", [&] {
      store.database.run("DELETE FROM names WHERE name = ? AND platform = ?", row.name,
                         row.platform);
      return std::string("removed");
    });
  }
  if (verification.options.repair)
    store.database.run("DELETE FROM digests WHERE image NOT IN (SELECT id FROM images)");
}

void verify_records(Verification& verification) {
  const VerifiedStore& store = verification.store;
  std::vector<oci::Digest> wrong;
  {
    Query query = store.database.query("SELECT key, value FROM records WHERE kind = ?",
                                       static_cast<int>(RecordKind::step));
    while (query.next()) {
      ++verification.result.records;
      const auto chain = oci::Digest::try_parse(query.text(1));
      if (!chain || !store.snapshots.find(*chain)) wrong.push_back(query.digest(0));
    }
  }
  for (const oci::Digest& key : wrong) {
    verification.note(Damage::Kind::record, key.to_string(),
                      "the layer that the step made is unknown", [&] {
                        store.database.run("DELETE FROM records WHERE kind = ? AND key = ?",
                                           static_cast<int>(RecordKind::step), key);
                        return std::string("removed");
                      });
  }
}

void count_leftovers(Verification& verification) {
  const VerifiedStore& store = verification.store;
  verification.result.leftovers +=
      count_unheld(store.root) + orphans(store.database, store.root).size();
  if (!verification.options.repair) return;
  release_retired(store.database);
  retire_orphans(store.database, store.root, Orphans::all);
  sweep_unheld(store.root);
}

}  // namespace

// The order matters: a blob that is dropped is missing when layers are checked, and so on for
// images, names and records.
VerifyResult verify_store(const VerifiedStore& store,
                          const VerifyOptions& options,
                          const CancelToken& cancel) {
  Verification verification{store, options, cancel};
  verify_blobs(verification);
  verify_layers(verification);
  verify_images(verification);
  verify_names(verification);
  verify_records(verification);
  count_leftovers(verification);
  return std::move(verification.result);
}

}  // namespace cbuild::store
