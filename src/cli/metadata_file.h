// The document of --metadata-file.
#pragma once

#include <string>

#include "cbuild/build/build.h"
#include "cbuild/oci/blob_store.h"

namespace cbuild::cli {

/// JSON with the members that docker's has: digests, descriptor and names of the result as the last
/// registry or archive got it, else as it is in the store.
std::string metadata_json(const build::Request& request,
                          const build::Result& result,
                          oci::BlobStore& blobs);

}  // namespace cbuild::cli
