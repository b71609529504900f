// The failure of a vertex.
#pragma once

#include "cbuild/graph/vertex_id.h"
#include "cbuild/util/error.h"

namespace cbuild::solver {

/// Which vertex failed; wraps the error it threw, whose subject is one of graph::Vertex::words.
/// Where that is another vertex's (a base image that a step needs), the other one failed.
class VertexError : public Error {
 public:
  VertexError(graph::VertexId vertex, const Error& cause) : Error(cause), vertex_(vertex) {
    if (const auto* other = dynamic_cast<const VertexError*>(&cause)) *this = *other;
  }

  graph::VertexId vertex() const noexcept { return vertex_; }

 private:
  graph::VertexId vertex_;
};

}  // namespace cbuild::solver
