// The directory of an export: filled as a hidden sibling, then renamed or merged into its place.
#pragma once

#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::exporter {

/// Options of a merge of two trees.
struct MergeOptions {
  bool mirror = false;  ///< remove files that are not in the new tree
  bool replace = true;  ///< false: a file where there is one is an error
};

/// Moves what is in the directory `from` into `to`, on the same file system. Directories merge and
/// take over mode, owner and times; all else is replaced. Links are not followed.
/// @throws Error naming the file
void merge_tree(const Fd& from, const Fd& to, const MergeOptions& options);

/// Gone unless committed. A directory that is there already is filled through one within it
/// (".cbuild.…"), so that both are on one file system.
class StagedDirectory {
 public:
  explicit StagedDirectory(std::string destination);
  ~StagedDirectory();
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;

  /// The directory to write to.
  const std::string& path() const noexcept { return path_; }

  /// A new directory appears at once, under its name; one that was there is merged with.
  void commit(const MergeOptions& options);

 private:
  std::string destination_;
  std::string path_;
  bool committed_ = false;
};

}  // namespace cbuild::exporter
