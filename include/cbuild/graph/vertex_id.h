// The name of a vertex in its graph.
#pragma once

#include <cstddef>

namespace cbuild::graph {

/// Index of a vertex in its graph.
using VertexId = std::size_t;

/// "No vertex": an input that is the empty root file system (scratch).
inline constexpr VertexId kNoInput = static_cast<VertexId>(-1);

}  // namespace cbuild::graph
