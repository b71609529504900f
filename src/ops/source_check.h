// Looks up the source that one word of an instruction names, and reports why it cannot be taken.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace cbuild::graph {
struct Copy;
}

namespace cbuild::ops {

struct FileTree;

/// The subject of all errors (kind usage) is the source. `path` is clean and
/// relative to the tree; `shown` is how messages name it: as written, or as a pattern matched it.
class SourceCheck {
 public:
  /// Borrows all three. @param word  the source as written
  SourceCheck(const FileTree& tree, const graph::Copy& op, const std::string& word);

  /// `path` with all links followed inside the tree. @throws for a circle of links
  std::string resolve(const std::string& path, const std::string& shown) const;

  struct Found {
    std::string path;  ///< free of links

    struct stat status {};
  };

  /// @throws when there is nothing at `path`, or it is ignored
  Found require(const std::string& path, const std::string& shown) const;

  /// A pattern may match nothing, but the directory before its first wildcard must exist.
  void require_literal_directory(const std::string& pattern) const;

  [[noreturn]] void refuse_ignored(const std::string& path, const std::string& shown) const;
  [[noreturn]] void refuse_missing(const std::string& path, const std::string& shown) const;
  [[noreturn]] void refuse_socket(const std::string& shown) const;

  const std::string& word() const noexcept { return word_; }

 private:
  [[noreturn]] void refuse(const std::string& message) const;
  bool is_link(const std::string& path) const;

  const FileTree& tree_;
  const std::string& word_;
  std::string_view taker_;
};

}  // namespace cbuild::ops
