// The solver's vertices as steps of a progress display.
#pragma once

#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/observer.h"
#include "cbuild/util/progress.h"

namespace cbuild::build {

/// Thread-safe.
class StepDisplay final : public solver::Observer {
 public:
  StepDisplay(const graph::Graph& graph, Progress& progress) : graph_(graph), progress_(progress) {}

  void started(graph::VertexId vertex) override;
  void output(graph::VertexId vertex, int stream, std::string_view text) override;
  void transfer(graph::VertexId vertex,
                std::string_view item,
                std::uint64_t done,
                std::uint64_t total) override;
  void finished(graph::VertexId vertex, solver::Outcome outcome, std::string_view error) override;

  bool is_finished(graph::VertexId vertex) const;

 private:
  Progress::Step step_of(graph::VertexId vertex);

  const graph::Graph& graph_;
  Progress& progress_;
  mutable std::mutex mutex_;
  std::unordered_map<graph::VertexId, Progress::Step> steps_;
  std::unordered_set<graph::VertexId> finished_;
};

}  // namespace cbuild::build
