// Uploads of large blobs.
#pragma once

#include <memory>

#include "cbuild/oci/descriptor.h"
#include "src/registry/client.h"

namespace cbuild::oci {
class BlobWriter;
}

namespace cbuild::registry {

/// The one request of an upload.
struct UploadPlan {
  oci::Descriptor blob;
  Url session;  ///< where the registry wants the blob to go
  Call call;    ///< the PUT that carries the whole blob and closes the session
};

/// A writer of `plan.blob` that sends the bytes while they are written, so that they cannot be sent
/// again from here. The last byte waits for the digest to be right. Without a commit the session is
/// deleted. @throws Error(network), Interrupted
std::unique_ptr<oci::BlobWriter> start_upload(std::shared_ptr<Client> client,
                                              std::shared_ptr<Access> access,
                                              UploadPlan plan);

}  // namespace cbuild::registry
