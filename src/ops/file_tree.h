// A directory tree that COPY, ADD and RUN --mount take files from.
#pragma once

#include <string>
#include <string_view>

#include "cbuild/layer/root_tree.h"

namespace cbuild {
class Fd;
class IgnorePatterns;
}  // namespace cbuild

namespace cbuild::ops {

/// An open tree, and the rules that its kind brings along. Made by the functions below. Move-only;
/// the const functions are thread-safe.
struct FileTree {
  layer::RootTree root;
  /// Patterns of the ignore file, which hide files; null = none. Borrowed.
  const IgnorePatterns* ignore = nullptr;
  std::string ignore_name;      ///< of the ignore file, for messages
  std::string description;      ///< for messages: "the build context"
  std::string_view taker = {};  ///< for messages: what takes the files; empty = COPY or ADD
  bool may_change = false;      ///< the user may write to it: files are checked again when copied
  bool unpack = false;          ///< archives become their contents
  bool wildcards = true;        ///< sources are patterns; else names, taken literally

  /// Whether the ignore file excludes `path` (clean, relative to the root; "" = the root, never).
  bool ignores(const std::string& path) const;

  /// Whether the ignore file may re-include something beneath the excluded `path`.
  bool may_reinclude_below(const std::string& path) const;
};

/// A directory of the user. `ignore` is borrowed and outlives the tree.
FileTree context_tree(Fd root);
FileTree context_tree(Fd root, const IgnorePatterns& ignore, std::string ignore_name);

/// The root file system of another stage or image.
FileTree stage_tree(layer::RootTree root);

/// The same, for RUN --mount.
FileTree mounted_stage_tree(layer::RootTree root);

/// The directory that holds a downloaded file.
FileTree download_tree(Fd root);

/// The files of a git commit.
FileTree repository_tree(Fd root);

/// `tree` as ADD takes from it: archives become their contents.
FileTree unpacking(FileTree tree);

/// `tree` as RUN --mount takes from it: sources are names, no patterns.
FileTree for_mount(FileTree tree);

}  // namespace cbuild::ops
