// The build context for the rules that ask about it.
#pragma once

#include "cbuild/build/build.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/pattern.h"

namespace cbuild::build {

/// Looks at the directory when asked, never outside it. What cannot be looked at is not there.
class DirectoryContext final : public frontend::ContextFiles {
 public:
  /// Without context directory everything is absent.
  explicit DirectoryContext(const Request& request);

  bool is_ignored(const std::string& path) const override;
  std::optional<std::uint64_t> size_of(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;

 private:
  struct Count;
  bool add(const Fd& file, const std::string& path, Count& count) const;

  Fd root_;
  IgnorePatterns ignore_;
};

}  // namespace cbuild::build
