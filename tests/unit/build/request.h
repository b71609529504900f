// Requests and plans for tests; no registry is asked.
#pragma once

#include <string>

#include "cbuild/build/request.h"
#include "src/build/plan.h"
#include "tests/unit/build/support.h"

namespace cbuild::build {

/// A request for linux/amd64 without a context.
inline Request request_for(const std::string& dockerfile) {
  Request request;
  request.dockerfile = dockerfile;
  request.dockerfile_name = "Dockerfile";
  request.platforms = {oci::Platform::parse("linux/amd64")};
  return request;
}

/// The first vertex with `word` in its label; kNoInput when there is none.
inline graph::VertexId find_vertex(const graph::Graph& graph, const std::string& word) {
  for (graph::VertexId id = 0; id < graph.size(); ++id) {
    if (holds(graph[id].label, word)) return id;
  }
  return graph::kNoInput;
}

}  // namespace cbuild::build
