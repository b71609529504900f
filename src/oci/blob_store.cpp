// What every BlobStore has in common.
#include "cbuild/oci/blob_store.h"

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/util/error.h"

namespace cbuild::oci {

std::string read_document(BlobStore& store, const Descriptor& blob) {
  if (blob.size > kMaxDocument) {
    throw Error("{} has a size of {} bytes; documents of more than {} are not read",
                blob.digest.to_string(), blob.size, kMaxDocument);
  }
  const auto source = store.open(blob);
  return read_all(*source, kMaxDocument);
}

void write_blob(BlobStore& store, const Descriptor& blob, std::string_view bytes) {
  if (store.has(blob)) return;
  const auto writer = store.create(blob);
  writer->write(as_bytes(bytes));
  writer->commit();
}

Descriptor describe(std::string_view media_type, std::string_view bytes) {
  return {std::string(media_type), Digest::of(bytes), bytes.size(), std::nullopt, {}};
}

}  // namespace cbuild::oci
