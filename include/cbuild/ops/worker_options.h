// The options of a worker.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/ops/context.h"
#include "cbuild/ops/run_settings.h"

namespace cbuild::registry {
class Registry;
}

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::solver {
class Steps;
}

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct WorkerOptions {
  std::map<std::string, Context> contexts;  ///< by graph::ContextSource::identity
  std::vector<RunSettings> lenders;         ///< by graph::Vertex::lender; at least one
  /// Called before the first step runs, while no thread of the solver is alive, with the vertices
  /// that may have to run: enters the user namespace.
  std::function<void(std::span<const graph::VertexId> pending)> before_first_run;
};

/// Borrowed; all outlive the worker.
struct WorkerResources {
  store::Store& store;
  registry::Registry& registry;
  solver::Steps& steps;
  const CancelToken& cancel;
  const sandbox::Workspace& workspace;  ///< that RUN steps are started in
};

}  // namespace cbuild::ops
