// The build context for the rules that ask about it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "cbuild/frontend/context_files.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/pattern.h"

namespace cbuild::build {

struct Request;

/// The patterns of an ignore file. @throws BuildFailed, with the lines that are none
IgnorePatterns parse_ignore_file(const std::string& name, const std::string& text);

/// Looks at the directory when asked, never outside it. What cannot be looked at is not there.
class DirectoryContext final : public frontend::ContextFiles {
 public:
  /// Without context directory everything is absent.
  /// @param max_entries  files that are looked at for sizes, in all: a build must not wait for them
  DirectoryContext(const Request& request, std::size_t max_entries);

  bool is_ignored(const std::string& path) const override;
  std::optional<std::uint64_t> size_of(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;

 private:
  std::optional<std::uint64_t> sum(const Fd& file, const std::string& path) const;

  Fd root_;
  IgnorePatterns ignore_;
  mutable std::size_t entries_left_;
  mutable std::map<std::string, std::optional<std::uint64_t>> sizes_;  // asked for before
};

}  // namespace cbuild::build
