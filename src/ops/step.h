// A vertex that is executed.
#pragma once

#include <span>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/result.h"
#include "cbuild/util/progress.h"

namespace cbuild::graph {
struct Vertex;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

/// A vertex to be executed.
struct Step {
  graph::VertexId id;
  const graph::Vertex& vertex;
  std::span<const solver::Result> inputs;  ///< of vertex.inputs, in their order
  const Progress::Step& display;           ///< for output and transfers
  const CancelToken& cancel;               ///< cancelled when nobody wants the result any more

  /// The root file system that the step builds on.
  const solver::Result& parent() const { return inputs[0]; }
};

}  // namespace cbuild::ops
