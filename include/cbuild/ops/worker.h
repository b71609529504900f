// Does what the operations of the build graph say, with store, sandbox and registry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cbuild/graph/graph.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/registry/registry.h"
#include "cbuild/solver/observer.h"
#include "cbuild/solver/solver.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/pattern.h"

namespace cbuild::ops {

/// A directory of the user that COPY, ADD and bind mounts may read.
struct Context {
  std::string directory;  ///< absolute
  IgnorePatterns ignore;
  std::string ignore_name;  ///< of the file the patterns are from, for messages; empty = none
  /// The directory is there for this build only: nothing is remembered of its files.
  bool temporary = false;
};

struct Options {
  std::map<std::string, Context> contexts;  ///< by the name in graph::ContextSource
  RunSettings run;
  /// Called once before the first step runs, while no thread of the solver is alive: enters the
  /// user namespace.
  std::function<void()> before_first_run;
};

/// The solver's Worker for real. Thread-safe where solver::Worker says so.
class Worker final : public solver::Worker {
 public:
  Worker(const graph::Graph& graph,
         Options options,
         store::Store& store,
         registry::Registry& registry,
         solver::Observer& observer,
         const CancelToken& cancel);
  ~Worker() override;

  solver::Result identify(graph::VertexId vertex) override;
  std::optional<std::string> input_identity(graph::VertexId vertex,
                                            std::size_t input,
                                            const solver::Result& result) override;
  /// @throws solver::VertexError when there are missing_sources()
  void before_first_run() override;
  solver::Result run(graph::VertexId vertex,
                     std::span<const solver::Result> inputs,
                     solver::StepLog& log) override;

  /// What COPY and ADD name that is not in the build contexts, or is ignored there. Looks at names
  /// only.
  std::vector<solver::VertexError> missing_sources();

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

/// Unpacks all layers of the stack `chain_id` that are not, fetching those that the blob store does
/// not have from `source` (null: there must be none). Layers go side by side; each is checked while
/// it is unpacked. Needs the user namespace.
void unpack_stack(const oci::Digest& chain_id,
                  store::Store& store,
                  oci::BlobStore* source,
                  solver::StepLog& log,
                  const CancelToken& cancel);

}  // namespace cbuild::ops
