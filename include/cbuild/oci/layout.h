// An OCI image layout: a directory with blobs/, index.json and oci-layout.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"

namespace cbuild::oci {

/// Source: OCI image-spec v1.1, image-layout.md. Blobs may be read and written from several
/// threads; index.json from one.
class Layout final : public BlobStore {
 public:
  /// @throws Error when `directory` is no layout.
  static Layout open(const std::string& directory);
  /// Makes a layout in `directory` (made if missing); opens the one that is there.
  static Layout create(const std::string& directory);

  bool has(const Descriptor& blob) override;
  std::unique_ptr<Source> open(const Descriptor& blob) override;
  std::unique_ptr<BlobWriter> create(const Descriptor& blob) override;

  Index index() const;
  /// Adds `manifest` under the name `ref_name` (org.opencontainers.image.ref.name; empty: without
  /// name) and, where `full_name` is given, under that too (io.containerd.image.name). Replaces the
  /// former holder of the same name.
  void add(Descriptor manifest, const std::string& ref_name, const std::string& full_name = {});
  /// By name, by digest, or the only one when `name` is empty. @throws Error listing the names
  /// there are.
  Descriptor find(const std::string& name) const;

 private:
  explicit Layout(std::string directory) : directory_(std::move(directory)) {}

  std::string blob_path(const Digest& digest) const;

  std::string directory_;
};

}  // namespace cbuild::oci
