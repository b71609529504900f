// The digest of what a COPY selects: its part of the cache key.
#pragma once

#include "cbuild/oci/digest.h"
#include "cbuild/util/cancel.h"
#include "src/ops/file_digests.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

struct DigestOptions {
  bool owners = false;  ///< owners count: those of root file systems, not those of context files
  FileDigests* remembered = nullptr;  ///< borrowed; digests of unchanged files. May be null
};

/// Digest of names, types, modes, link texts, kept_xattrs() and contents of what is selected. Times
/// do not count. Files are read on all processors. @throws Error, Interrupted
oci::Digest digest_of(const Selection& selection,
                      const DigestOptions& options,
                      const CancelToken& cancel);

}  // namespace cbuild::ops
