// Executes vertices for the solver. Implemented by ops::Worker; tests use a fake.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/result.h"
#include "cbuild/util/progress.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::solver {

/// What a vertex is run with, beside its inputs.
struct RunContext {
  const Progress::Step& step;  ///< for output and transfers; the solver ends it
  const CancelToken& cancel;   ///< cancelled when nobody wants the result any more
};

class Worker {
 public:
  virtual ~Worker() = default;

  /// What a source vertex is, without fetching its contents. Called in one thread, before
  /// everything else.
  virtual Result identify(graph::VertexId vertex) = 0;

  /// What `vertex` reads of its input number `input`, as text for the key. The root file system a
  /// step builds on counts as a whole; of what COPY reads, the content of the selected files
  /// counts. May take time (hashing). Thread-safe.
  /// @return nullopt when it cannot be told before before_first_run(): asked again after it.
  /// @throws Error: the vertex fails with it.
  virtual std::optional<std::string> input_identity(graph::VertexId vertex,
                                                    std::size_t input,
                                                    const Result& result) = 0;

  /// True: what the vertex reads of its inputs may change while it runs, as files of a context that
  /// a RUN mounts. Its inputs are identified again after run(); if an identity has changed, the
  /// result is not saved in the cache. Thread-safe.
  virtual bool may_change_while_running(graph::VertexId vertex) const = 0;

  /// Called once before the first run(), while no thread of the solver is alive. `pending` are the
  /// vertices that the cache does not have, or whose keys are not known yet.
  virtual void before_first_run(std::span<const graph::VertexId> pending) = 0;

  /// Executes the vertex. Thread-safe. A free one may be run before before_first_run().
  /// @throws Error, Interrupted
  virtual Result run(graph::VertexId vertex,
                     std::span<const Result> inputs,
                     const RunContext& context) = 0;
};

}  // namespace cbuild::solver
