// What the tests of this module share: trees that go away, ids that anybody may give away.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/image/users.h"
#include "cbuild/util/cancel.h"
#include "src/ops/selection.h"
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

inline std::vector<SelectedSource> select_from(const TempTree& tree, const graph::Copy& op) {
  return select({tree.fd(), nullptr, "", "the build context"}, op, CancelToken());
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
