// A file that the store keeps from one command to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild::store {

/// Needs no lock: it is replaced by rename(2), so a reader gets the old or the new content. See
/// KeptData::file(). Thread-safe.
class KeptFile {
 public:
  /// The whole file, nullopt when there is none. Marks it as used (written at most once an hour).
  /// @throws Error when it is larger than `limit` bytes
  std::optional<std::string> read(std::uint64_t limit) const;

  /// Is not synced: power loss may leave anything in its place, so readers verify the content.
  void replace(std::string_view content) const;

  /// For messages.
  const std::string& path() const noexcept { return path_; }

 private:
  friend class KeptData;

  explicit KeptFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace cbuild::store
