// A request that was lowered: what it wants of the graph of its plan.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "cbuild/graph/vertex_id.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/platform.h"
#include "src/build/place.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::build {

struct Request;

/// The result for one platform.
struct Target {
  oci::Platform platform;
  oci::ImageConfig config;  ///< as frontend::Lowered::config
  std::size_t base_history = 0;
  graph::VertexId root = graph::kNoInput;
  std::vector<graph::VertexId> layers;
};

/// A request that was lowered into the graph of its plan.
struct PlannedBuild {
  PlannedBuild(std::size_t its_number, const Request& its_request);

  std::size_t number;                       ///< of the request among those that are built together
  const Request& request;                   ///< borrowed
  std::vector<Target> targets;              ///< one a platform, in the order of the request
  std::vector<graph::VertexId> vertices;    ///< of the graph, as its Dockerfile names them
  std::map<graph::VertexId, Place> places;  ///< of vertices that a Dockerfile before has, too
  std::vector<graph::Diagnostic> warnings;  ///< of all platforms, each once
  bool warnings_are_errors = false;
  std::vector<std::string> unused_build_args;
  std::optional<std::int64_t> source_date_epoch;  ///< the request's, else the Dockerfile's

  /// The vertices to solve for.
  std::vector<graph::VertexId> wanted() const;

  /// Where `vertex`, of `graph`, stands in this request's Dockerfile.
  Place place_of(const graph::Graph& graph, graph::VertexId vertex) const;
};

}  // namespace cbuild::build
