// Blobs in memory, a store that can be told to fail.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/string_stream.h"

namespace cbuild::oci {

class MemoryBlobs final : public BlobStore {
 public:
  bool has(const Descriptor& blob) override {
    const std::lock_guard lock(mutex_);
    return contents.contains(blob.digest);
  }

  std::unique_ptr<Source> open(const Descriptor& blob) override {
    const std::lock_guard lock(mutex_);
    opened.push_back(blob.digest);
    if (broken_transfers > 0) {
      --broken_transfers;
      throw TransientError("connection reset");
    }
    const auto found = contents.find(blob.digest);
    if (found == contents.end()) throw Error("no blob {}", blob.digest.to_string());
    return std::make_unique<VerifyingSource>(std::make_unique<StringSource>(found->second), blob);
  }

  std::unique_ptr<BlobWriter> create(const Descriptor& blob) override {
    return std::make_unique<Writer>(*this, blob);
  }

  /// Puts bytes in, and says what they are.
  Descriptor add(std::string_view media_type, const std::string& bytes) {
    const Descriptor blob = describe(media_type, bytes);
    contents[blob.digest] = bytes;
    return blob;
  }

  Descriptor add(const Manifest& manifest) { return add(manifest.media_type, manifest.to_json()); }

  Descriptor add(const Index& index) { return add(index.media_type, index.to_json()); }

  /// A manifest of one layer with this content.
  Descriptor add_image(const std::string& content) {
    Manifest manifest;
    manifest.config = add(media_type::kConfig, "{}");
    manifest.layers = {add(media_type::kLayer, content)};
    return add(manifest);
  }

  Descriptor add_index(std::vector<Descriptor> manifests) {
    Index index;
    index.manifests = std::move(manifests);
    return add(index);
  }

  /// `image` within `depth` indexes, one within the other.
  Descriptor nest(Descriptor image, int depth) {
    for (; depth > 0; --depth)
      image = add_index({image});
    return image;
  }

  std::map<Digest, std::string> contents;
  std::vector<Digest> opened;     ///< in order, also those whose transfer broke
  std::vector<Digest> committed;  ///< in order
  int broken_transfers = 0;       ///< calls of open() that fail from now on

 private:
  class Writer final : public BlobWriter {
   public:
    Writer(MemoryBlobs& store, const Descriptor& blob) : store_(store), blob_(blob) {}

    void write(std::span<const std::byte> bytes) override { content_.write(bytes); }

    void commit() override {
      const std::lock_guard lock(store_.mutex_);
      store_.contents[blob_.digest] = content_.take();
      store_.committed.push_back(blob_.digest);
    }

   private:
    MemoryBlobs& store_;
    Descriptor blob_;
    StringSink content_;
  };

  std::mutex mutex_;
};

}  // namespace cbuild::oci
