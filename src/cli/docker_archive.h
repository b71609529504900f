// The form in which docker and podman save images: manifest.json, configurations and layer tars.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"
#include "cbuild/util/fd.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::cli {

/// An unpacked archive as a BlobStore that is only read. Source: Docker image specification v1.2,
/// "Combined Image JSON + Filesystem Changeset Format". Thread-safe after open().
class DockerArchive final : public oci::BlobStore {
 public:
  struct Entry {
    oci::Descriptor manifest;  ///< made here; the archive has none
    std::vector<oci::Reference> names;
  };

  /// Reads manifest.json and hashes the files it names. Paths stay within `directory`, links
  /// included. @throws Error naming what is wrong.
  static std::unique_ptr<DockerArchive> open(const std::string& directory,
                                             const CancelToken& cancel);

  const std::vector<Entry>& images() const noexcept { return images_; }

  bool has(const oci::Descriptor& blob) override;
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override;
  std::unique_ptr<oci::BlobWriter> create(const oci::Descriptor& blob) override;

 private:
  explicit DockerArchive(Fd root) : root_(std::move(root)) {}

  oci::Descriptor add_file(const std::string& path, bool layer, const CancelToken& cancel);
  void read_images(const std::string& manifest_json, const CancelToken& cancel);

  Fd root_;
  std::map<oci::Digest, std::string> files_;      // paths within root_
  std::map<oci::Digest, std::string> documents_;  // manifests made here
  std::map<std::string, oci::Descriptor> known_;  // by path: layers that images share
  std::vector<Entry> images_;
};

}  // namespace cbuild::cli
