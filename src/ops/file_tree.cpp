// The kinds of trees and their ignore rules; see file_tree.h.
#include "src/ops/file_tree.h"

#include <utility>

#include "cbuild/util/fd.h"
#include "cbuild/util/pattern.h"

namespace cbuild::ops {

namespace {

/// A tree that only this build writes to.
FileTree private_tree(layer::RootTree root, std::string description) {
  return {.root = std::move(root), .ignore_name = {}, .description = std::move(description)};
}

}  // namespace

bool FileTree::ignores(const std::string& path) const {
  return ignore != nullptr && !path.empty() && ignore->excludes(path);
}

bool FileTree::may_reinclude_below(const std::string& path) const {
  return ignore != nullptr && ignore->may_reinclude_below(path);
}

FileTree context_tree(Fd root) {
  FileTree tree = private_tree(layer::RootTree(std::move(root)), "the build context");
  tree.may_change = true;
  return tree;
}

FileTree context_tree(Fd root, const IgnorePatterns& ignore, std::string ignore_name) {
  FileTree tree = context_tree(std::move(root));
  if (!ignore.empty()) tree.ignore = &ignore;
  tree.ignore_name = std::move(ignore_name);
  return tree;
}

FileTree stage_tree(layer::RootTree root) {
  return private_tree(std::move(root), "the file system it is copied from");
}

FileTree mounted_stage_tree(layer::RootTree root) {
  return for_mount(private_tree(std::move(root), "the file system it is mounted from"));
}

FileTree download_tree(Fd root) {
  return private_tree(layer::RootTree(std::move(root)), "the download");
}

FileTree repository_tree(Fd root) {
  return private_tree(layer::RootTree(std::move(root)), "the repository");
}

FileTree unpacking(FileTree tree) {
  tree.unpack = true;
  return tree;
}

FileTree for_mount(FileTree tree) {
  tree.taker = "RUN --mount source";
  tree.wildcards = false;
  return tree;
}

}  // namespace cbuild::ops
