// The digest of what a COPY selects: its part of the cache key.
#pragma once

namespace cbuild::oci {
class Digest;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

class FileDigests;
class Selection;

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
