// The plan of a build: one graph for all platforms, and the targets in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cbuild/build/request.h"
#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/graph.h"
#include "cbuild/image/services.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/platform.h"

namespace cbuild::build {

/// The result for one platform.
struct Target {
  oci::Platform platform;
  oci::ImageConfig config;  ///< as frontend::Lowered::config
  std::size_t base_history = 0;
  graph::VertexId root = graph::kNoInput;
  std::vector<graph::VertexId> layers;
};

struct Plan {
  graph::Graph graph;
  std::vector<Target> targets;                 ///< one a platform, in the order of the request
  std::vector<frontend::Diagnostic> warnings;  ///< of all platforms, each once
  bool warnings_are_errors = false;
  std::vector<std::string> unused_build_args;
  std::optional<std::int64_t> source_date_epoch;  ///< the request's, else the Dockerfile's

  /// The vertices to solve for.
  std::vector<graph::VertexId> wanted() const;
};

/// Lowers the Dockerfile once for each platform; what is the same for several is in the graph once.
/// @throws BuildFailed
Plan make_plan(const Request& request, const image::Services& services);

}  // namespace cbuild::build
