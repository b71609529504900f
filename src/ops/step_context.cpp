// Inputs of a vertex; see step_context.h.
#include "src/ops/step_context.h"

#include <variant>

#include "cbuild/graph/graph.h"

namespace cbuild::ops {

const graph::ContextSource* context_source(const graph::Graph& graph,
                                           const graph::Vertex& vertex,
                                           std::size_t input) {
  const graph::VertexId id = vertex.inputs[input];
  return id == graph::kNoInput ? nullptr : std::get_if<graph::ContextSource>(&graph[id].op);
}

}  // namespace cbuild::ops
