// The interface of everything that has blobs: the local store, an OCI layout, a repository, memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cbuild/util/io.h"

namespace cbuild::oci {

struct Descriptor;

/// Receives one blob. Destroyed without commit(), nothing is left of it.
class BlobWriter : public Sink {
 public:
  /// Makes the blob visible. @throws Error when bytes written do not have the size and digest
  /// promised to create(), TransientError when the same blob is worth another create().
  virtual void commit() = 0;
};

/// Blobs by digest. Implementations are thread-safe; the Sources and BlobWriters they hand out are
/// not.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual bool has(const Descriptor& blob) = 0;

  /// Reads a blob. The Source throws when the bytes do not have the descriptor's size and digest,
  /// at the latest in the read that would have reported the end. @throws Error when there is no
  /// such blob.
  virtual std::unique_ptr<Source> open(const Descriptor& blob) = 0;

  /// Begins to write a blob whose digest and size are known.
  virtual std::unique_ptr<BlobWriter> create(const Descriptor& blob) = 0;
};

/// Reads a whole document (manifest, index, config), digest checked, at most kMaxDocument bytes.
std::string read_document(BlobStore& store, const Descriptor& blob);

/// Writes a whole blob. Fine when it is there already.
void write_blob(BlobStore& store, const Descriptor& blob, std::string_view bytes);

/// Descriptor of these bytes.
Descriptor describe(std::string_view media_type, std::string_view bytes);

}  // namespace cbuild::oci
