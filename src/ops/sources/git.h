// Fetches from git repositories with the git program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/store/kept_directory.h"
#include "src/ops/sources/git_program.h"

namespace cbuild::store {

class KeptData;

}  // namespace cbuild::store

namespace cbuild::graph {
struct GitSource;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct GitCommit;

/// One remote repository, and a bare clone of it in the store, which keeps what was fetched. The
/// name of the clone is a digest of the URL and of the credentials. See GitAccess for what git may
/// use.
class GitRepository {
 public:
  GitRepository(const graph::GitSource& source,
                const GitMeans& means,
                store::KeptData& kept,
                const CancelToken& cancel);

  /// Asks which commit the source's ref names. @throws Error(network); Error(build) when there is
  /// none, or its id is not the wanted one
  GitCommit resolve();

  /// Fills the empty directory with the files of the commit. A kept .git records the branch or tag.
  void check_out(const GitCommit& commit, const std::string& directory);

 private:
  GitCommit ask_server();
  std::string resolve_abbreviated(std::size_t digits);
  void check_commit(const GitCommit& commit) const;
  static std::vector<std::string> new_repository(std::size_t digits);
  void prepare_cache(std::size_t digits);
  /// Runs `action`, which uses the cached repository; when that proves damaged, empties it and runs
  /// `action` once more.
  template <typename Action>
  auto from_whole_cache(Action&& action);
  bool is_cache_damaged();
  void copy_from_cache(const std::string& object,
                       const std::string& ref,
                       const std::string& directory);
  std::string find_abbreviated(std::size_t digits);
  bool has(const std::string& object);
  void fetch(const std::string& object);
  void fetch_everything();
  void fetch_submodules(const std::string& directory);
  void finish_files(const std::string& commit, const std::string& directory);

  using Reach = GitReach;

  const graph::GitSource& source_;
  GitProgram git_;
  const CancelToken& cancel_;
  store::KeptData& kept_;
  std::optional<store::KeptDirectory> cache_;  ///< the clone, while it is locked
};

}  // namespace cbuild::ops
