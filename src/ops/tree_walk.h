// Walks directories of a tree and lists what a COPY takes of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/util/pattern.h"
#include "src/ops/selection.h"

namespace cbuild::graph {
struct Copy;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::layer {
class TreeDirectory;
}

namespace cbuild::ops {

/// Lists entries of `tree`, without those that the ignore file, --exclude or the kind of the tree
/// leave out. Borrows its arguments.
class TreeWalk {
 public:
  /// @throws Error whose subject is an ill-formed --exclude
  TreeWalk(const FileTree& tree, const graph::Copy& op, const CancelToken& cancel);

  /// Everything beneath the directory `top`, sorted by target, without links being followed.
  /// @param top_target  the target of `top`
  std::vector<SelectedEntry> list(const std::string& top, const std::string& top_target) const;

  /// A directory, opened, with its path and its target.
  struct Directory {
    const layer::TreeDirectory& opened;
    const std::string& path;
    const std::string& target;
  };

  /// The entry `name` of a directory. nullopt: left out, or it disappeared.
  std::optional<SelectedEntry> look_at(const Directory& directory, const std::string& name) const;

  /// Whether --exclude leaves out `target`.
  bool excludes(const std::string& target) const;

  /// Sockets of a context are taken and become empty files; those of a root file system are not.
  bool takes_sockets() const noexcept { return takes_sockets_; }

 private:
  const FileTree& tree_;
  IgnorePatterns excludes_;
  bool takes_sockets_;
  const CancelToken& cancel_;
};

}  // namespace cbuild::ops
