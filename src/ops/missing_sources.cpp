// Sources that do not exist; see missing_sources.h.
#include "src/ops/missing_sources.h"

#include <variant>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/vertex_error.h"
#include "src/ops/file_tree.h"
#include "src/ops/select.h"
#include "src/ops/sources/contexts.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

std::vector<solver::VertexError> missing_sources(const StepContext& context,
                                                 std::span<const graph::VertexId> vertices) {
  std::vector<solver::VertexError> errors;
  for (const graph::VertexId id : vertices) {
    const graph::Vertex& vertex = context.graph[id];
    const auto* copy = std::get_if<graph::Copy>(&vertex.op);
    if (copy == nullptr) continue;
    for (std::size_t input = 1; input < vertex.inputs.size(); ++input) {
      const auto* source = context_source(context.graph, vertex, input);
      if (source == nullptr || !context.contexts.has(*source)) continue;
      const FileTree tree = context.contexts.open(*source).tree();
      for (const auto& error : missing_sources(tree, *copy, input))
        errors.emplace_back(id, error);
    }
  }
  return errors;
}

}  // namespace cbuild::ops
