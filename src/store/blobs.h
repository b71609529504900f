// The blob store: files blobs/sha256/ab/<hex>, and the tars of layers made here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/snapshots.h"

namespace cbuild::store {

struct BlobFile;

/// The file of a blob is complete and durable when it gets its name, and never changes. A layer
/// made here has no file: its tar is generated whenever it is read.
class Blobs final : public oci::BlobStore {
 public:
  Blobs(std::string root, Snapshots& snapshots) : root_(std::move(root)), snapshots_(snapshots) {}

  bool has(const oci::Descriptor& blob) override;
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override;
  std::unique_ptr<oci::BlobWriter> create(const oci::Descriptor& blob) override;

  /// See Store::add_blob.
  oci::Descriptor add(std::string_view media_type, const std::function<void(Sink&)>& producer);

  std::vector<BlobFile> list() const;
  /// Reads the file of a blob. @return what is wrong with it; nullopt when it is intact
  std::optional<std::string> damage_of(const oci::Digest& digest, const CancelToken& cancel) const;
  void remove(const oci::Digest& digest);

 private:
  std::string root_;
  Snapshots& snapshots_;
};

}  // namespace cbuild::store
