// Cache records and memos: small values that save work. Losing them costs time only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {

class Database;

/// The meaning of a record; keys of different kinds are unrelated. Prune reads the digests in a
/// value
/// ("sha256:…" anywhere in it): those of a step are snapshots that it needs, those of an encoding
/// or a download are blobs.
enum class RecordKind {
  step = 1,      ///< key of a build step → chain ID of its result
  content = 2,   ///< (stack, selection) → digest of the selected content
  encoding = 3,  ///< (diff ID, compression) → descriptor of the compressed blob
  clamped = 4,   ///< (chain ID, latest time) → diff ID and size
  dated = 5,     ///< config without times → first creation, seconds since 1970
  download = 6   ///< URL → digest of the file, and validators of its server (ETag …)
};

/// Thread-safe; several processes may share one store.
class Records {
 public:
  explicit Records(Database& database) : database_(database) {}

  /// Finds the record and marks it as used (written at most once an hour).
  std::optional<std::string> find(RecordKind kind, const oci::Digest& key) const;
  /// When the record was saved, seconds since 1970.
  std::optional<std::int64_t> created(RecordKind kind, const oci::Digest& key) const;
  /// Replaces the record. Its value is text.
  void save(RecordKind kind, const oci::Digest& key, std::string_view value);
  void forget(RecordKind kind, const oci::Digest& key);

 private:
  Database& database_;
};

}  // namespace cbuild::store
