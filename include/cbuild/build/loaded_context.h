// A context that was brought here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cbuild::ops {
class StagedTree;
}

namespace cbuild::build {

/// The files of a repository, a download or an archive, as a directory.
struct LoadedContext {
  std::string directory;  ///< absolute; empty when it is a Dockerfile alone
  std::string dockerfile;
  std::optional<std::int64_t> time;  ///< of the commit or the file, seconds since 1970
  /// Keeps the directory, which is gone with the last of its holders.
  std::shared_ptr<const ops::StagedTree> holder;
};

}  // namespace cbuild::build
