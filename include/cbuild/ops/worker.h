// Does what the operations of the build graph say, with store, sandbox and registry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cbuild/graph/graph.h"
#include "cbuild/ops/context.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/registry/registry.h"
#include "cbuild/solver/solver.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"

namespace cbuild::ops {

struct Options {
  std::map<std::string, Context> contexts;  ///< by the name in graph::ContextSource
  RunSettings run;
  /// Called before the first step runs, while no thread of the solver is alive, with the vertices
  /// that may have to run: enters the user namespace.
  std::function<void(std::span<const graph::VertexId>)> before_first_run;
};

/// The solver's Worker for real. Thread-safe where solver::Worker says so.
class Worker final : public solver::Worker {
 public:
  Worker(const graph::Graph& graph,
         Options options,
         store::Store& store,
         registry::Registry& registry,
         solver::Steps& steps,
         const CancelToken& cancel);
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
                     const solver::RunContext& context) override;

  /// What COPY and ADD of `vertices` name that is not in the build contexts, or is ignored there.
  /// Looks at names only.
  std::vector<solver::VertexError> missing_sources(std::span<const graph::VertexId> vertices);

  /// Has all layers of a root file system in the store: those of a base that no step looked into
  /// are fetched now. No thread of the solver may be alive.
  /// @throws solver::VertexError of the image's vertex
  void complete(const solver::Result& result);

  /// Writes down what was learnt about context files, so that the next build need not read them.
  /// Never fails the build.
  void save_file_digests() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::ops
