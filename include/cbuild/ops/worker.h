// Executes the operations of the build graph for the solver.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/worker.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::solver {
class VertexError;
}

namespace cbuild::ops {

class Services;
struct StepContext;
struct WorkerOptions;
struct WorkerResources;

/// The solver's Worker. Thread-safe where solver::Worker says so.
class Worker final : public solver::Worker {
 public:
  /// Borrows `graph`.
  Worker(const graph::Graph& graph, WorkerOptions options, const WorkerResources& resources);
  ~Worker() override;

  solver::Result identify(graph::VertexId vertex) override;
  std::optional<std::string> input_identity(graph::VertexId vertex,
                                            std::size_t input,
                                            const solver::Result& result) override;
  /// @throws solver::VertexError when there are missing_sources()
  void before_first_run(std::span<const graph::VertexId> pending) override;
  bool may_change_while_running(graph::VertexId vertex) const override;
  solver::Result run(graph::VertexId vertex,
                     std::span<const solver::Result> inputs,
                     const solver::RunContext& execution) override;

  /// The errors of all sources of COPY and ADD among `vertices` that are not in their build
  /// contexts, or ignored there. Looks up names only.
  std::vector<solver::VertexError> missing_sources(std::span<const graph::VertexId> vertices);

  /// Unpacks all layers of a root file system, and fetches those of a base that no step looked
  /// into. No thread of the solver may be alive.
  /// @throws solver::VertexError of the image's vertex
  void complete(const solver::Result& result);

  /// Saves the digests of context files, so that the next build need not read the files again.
  /// Never fails the build.
  void save_file_digests() noexcept;

 private:
  StepContext context_of(graph::VertexId vertex) const;

  std::unique_ptr<Services> services_;
};

}  // namespace cbuild::ops
