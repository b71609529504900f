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

/// What an Error says; "" when there is none.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace cbuild::ops
