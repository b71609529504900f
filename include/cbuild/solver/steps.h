// The steps of a progress display, by vertex.
#pragma once

#include "cbuild/graph/vertex_id.h"
#include "cbuild/util/progress.h"

namespace cbuild::solver {

/// Gives each vertex of a graph its step of the display. Thread-safe. Of a vertex that is free
/// (graph::is_free) only a failure is shown.
class Steps {
 public:
  virtual ~Steps() = default;

  /// The step of `vertex`, which begins with the first call. Whoever ends the vertex's work ends
  /// it.
  virtual Progress::Step begin(graph::VertexId vertex) = 0;
};

}  // namespace cbuild::solver
