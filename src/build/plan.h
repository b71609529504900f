// The plan of several builds: one graph for all Dockerfiles and platforms.
#pragma once

#include <list>
#include <vector>

#include "cbuild/graph/graph.h"
#include "cbuild/ops/run_settings.h"
#include "src/build/planned_build.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

class Plan {
 public:
  /// Lowers the Dockerfile once for each platform; what is there already is in the graph once.
  /// `request` outlives the plan. @throws BuildFailed; the plan has no build of it then
  PlannedBuild& add(std::size_t number, const Request& request, const image::Services& services);

  const graph::Graph& graph() const noexcept { return graph_; }

  /// By graph::Vertex::lender.
  const std::vector<ops::RunSettings>& lenders() const noexcept { return lenders_; }

  std::list<PlannedBuild> builds;  ///< those that have not failed

 private:
  std::size_t lender_of(const ops::RunSettings& settings);

  graph::Graph graph_;
  std::vector<ops::RunSettings> lenders_;
};

}  // namespace cbuild::build
