// Digests of context files, saved between builds, so that an unchanged file is not read again.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cbuild/oci/digest.h"
#include "cbuild/store/kept_file.h"
#include "src/ops/file_identity.h"

namespace cbuild::ops {

/// The digests of one context directory. Thread-safe. When the file of digests is missing, damaged
/// or from another boot, every context file is hashed.
class FileDigests {
 public:
  /// `file` is read by the first find().
  explicit FileDigests(store::KeptFile file) : file_(std::move(file)) {}

  std::optional<oci::Digest> find(const std::string& path, const struct stat& status);

  /// Remembers `digest`, unless the file was changed so shortly before `hashed_at` (nanoseconds
  /// since 1970) that a later change could leave the same times ("racily clean").
  void put(const std::string& path,
           const struct stat& status,
           const oci::Digest& digest,
           std::int64_t hashed_at);

  /// Writes the file when a digest was added. @throws Error
  void save();

 private:
  struct Entry {
    FileIdentity identity;
    oci::Digest digest;
  };

  void load();

  store::KeptFile file_;
  std::mutex mutex_;
  bool loaded_ = false;
  bool changed_ = false;
  std::unordered_map<std::string, Entry> entries_;
};

/// The clock, in nanoseconds since 1970.
std::int64_t now_in_nanoseconds();

}  // namespace cbuild::ops
