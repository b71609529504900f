// A description of everything in the store, and of what refers to what.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/store/containers.h"
#include "cbuild/store/records.h"
#include "src/store/blob_file.h"

namespace cbuild::store {

class Blobs;
class Database;
class Images;

/// Input of plan_prune().
struct Inventory {
  struct Layer {
    oci::Digest chain;
    std::optional<oci::Digest> parent;
    std::optional<oci::Digest> shares;  ///< layer whose directory it shares: Snapshots::rebase()
    std::optional<std::int64_t> directory;
    std::uint64_t size = 0;
    std::int64_t created = 0;
    std::optional<oci::Digest> blob;
  };

  /// Of an image.
  struct Content {
    std::vector<oci::Digest> chains;     ///< one per platform
    std::vector<oci::Digest> documents;  ///< index, manifests and configs
    std::vector<oci::Digest> layers;     ///< blobs of the manifests
  };

  enum class Named {
    no,
    as_base,  ///< only by builds that fetched it
    yes       ///< by the user
  };

  struct ImageEntry {
    oci::Digest id;
    Named named = Named::no;
    std::int64_t created = 0;
    Content content;
  };

  struct Record {
    RecordKind kind;
    oci::Digest key;
    std::int64_t used = 0;
    std::vector<oci::Digest> digests;  ///< named in its value
  };

  std::vector<Layer> layers;
  std::vector<ImageEntry> images;
  std::vector<Record> records;
  std::vector<BlobFile> blobs;
  std::vector<ContainerBase> containers;
};

/// Reads the database, the documents of images, and what containers stand on.
Inventory take_inventory(Database& database,
                         const Images& images,
                         Blobs& blobs,
                         const Containers& containers);

}  // namespace cbuild::store
