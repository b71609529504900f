// The vertices of a graph as steps of a progress display.
#pragma once

#include <mutex>
#include <unordered_map>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/steps.h"
#include "cbuild/util/progress.h"

namespace cbuild::build {

/// Thread-safe.
class StepDisplay final : public solver::Steps {
 public:
  StepDisplay(const graph::Graph& graph, Progress& progress) : graph_(graph), progress_(progress) {}

  Progress::Step begin(graph::VertexId vertex) override;

 private:
  const graph::Graph& graph_;
  Progress& progress_;
  std::mutex mutex_;
  std::unordered_map<graph::VertexId, Progress::Step> steps_;
};

}  // namespace cbuild::build
