// Vertices as steps; see step_display.h.
#include "src/build/step_display.h"

namespace cbuild::build {

Progress::Step StepDisplay::begin(graph::VertexId vertex) {
  const std::lock_guard lock(mutex_);
  const auto found = steps_.find(vertex);
  if (found != steps_.end()) return found->second;
  return steps_.emplace(vertex, progress_.begin(graph_[vertex].label, graph_[vertex].group))
      .first->second;
}

}  // namespace cbuild::build
