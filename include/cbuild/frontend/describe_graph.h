// Build graphs as text: for `cbuild debug graph` and for recorded results.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cbuild/graph/op.h"

namespace cbuild::frontend {

struct Lowered;

/// A member of an op that differs from its default.
struct Field {
  std::string name;
  std::string value;  ///< empty for what is just so: "no network"
};

/// "exec", "copy" and so on.
std::string_view name_of(const graph::Op& op);
/// A name may come several times.
std::vector<Field> fields_of(const graph::Op& op);

/// The graph, the config and the history. Fields with their default value are left out, and so are
/// the digests of vertices: how they are hashed is no business of a recorded result.
std::string to_text(const Lowered& lowered);

}  // namespace cbuild::frontend
