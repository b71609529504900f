// What the tests of this module share: trees that go away, ids that anybody may give away.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/image/users.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fs.h"
#include "src/ops/file_tree.h"
#include "src/ops/select.h"
#include "tests/support/errors.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::ops {

using TempTree = layer::Tree;

/// Owner of what a test makes: chown(2) to it is allowed to everybody.
inline image::Ids own_ids() {
  return {::geteuid(), ::getegid()};
}

inline graph::Copy copy_of(std::vector<std::string> sources, std::string destination = "/d/") {
  graph::Copy op;
  op.sources = std::move(sources);
  op.destination = std::move(destination);
  return op;
}

/// `tree` as a build context without an ignore file.
inline FileTree context_of(const TempTree& tree) {
  return context_tree(duplicate(tree.fd().get()));
}

/// The same, with one named .dockerignore. `ignore` is borrowed.
inline FileTree context_of(const TempTree& tree, const IgnorePatterns& ignore) {
  return context_tree(duplicate(tree.fd().get()), ignore, ".dockerignore");
}

inline Selection select_from(const TempTree& tree, const graph::Copy& op) {
  return select(context_of(tree), op, CancelToken());
}

/// One line a source: its name, '/' when it is a directory, and what is taken.
inline std::string to_text(const Selection& selection) {
  std::string text;
  for (const SelectedSource& source : selection.sources) {
    text += source.name + (source.directory ? "/" : "") + ":";
    for (const SelectedEntry& entry : source.entries)
      text += " " + entry.path + (entry.hidden ? "?" : "");
    text += "\n";
  }
  return text;
}

/// Files, directories and links that patterns may match.
inline void add_pattern_files(const TempTree& tree) {
  tree.file("a.txt", "a");
  tree.file("b.txt", "b");
  tree.file(".hidden", "h");
  tree.file("x[1].md", "m");
  tree.directory("dir");
  tree.file("dir/one.txt", "1");
  tree.file("dir/two.md", "2");
  tree.directory("dir/sub");
  tree.file("dir/sub/three.txt", "3");
  tree.directory("dir/empty");
  tree.link("dir/out", "/etc/passwd");
  tree.link("to_a", "a.txt");
  tree.link("to_dir", "/dir");
  tree.link("dangling", "/etc/passwd");
  tree.link("climbs", "../../../../a.txt");
}

}  // namespace cbuild::ops
