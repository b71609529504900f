// A selection: the sources and files that a COPY takes, as select() returns them.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "src/ops/file_tree.h"

namespace cbuild::ops {

/// One file system object to be copied.
struct SelectedEntry {
  std::string path;    ///< relative to the tree's root, free of links: how to open it
  std::string target;  ///< relative to where the source goes; "" = the source itself

  struct stat status {};

  std::string link;     ///< text of a symbolic link
  bool hidden = false;  ///< an ignored directory that is listed only for re-included entries in it
};

/// One source of the instruction, or one match of a pattern.
struct SelectedSource {
  std::string name;        ///< last component as written or matched; "" for the root of the tree
  bool directory = false;  ///< its contents are taken, not the directory itself
  std::vector<SelectedEntry> entries;  ///< parents first, sorted by the bytes of their targets
  std::size_t source = 0;              ///< index into graph::Copy::sources
  const FileTree* tree = nullptr;      ///< where the entries are; owned by the Selection
};

/// Selected sources, and the trees they are in, which stay open as long as the selection lives.
class Selection {
 public:
  std::vector<SelectedSource> sources;  ///< in the order of the instruction

  /// Keeps `tree` open. The reference stays valid when the selection is moved.
  const FileTree& own(FileTree tree);

  /// Adds what was selected from another input.
  void merge(Selection other);

 private:
  std::vector<std::unique_ptr<const FileTree>> trees_;
};

}  // namespace cbuild::ops
