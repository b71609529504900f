// Owns what the steps of one build share.
#pragma once

#include <atomic>
#include <deque>
#include <span>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/image/root_views.h"
#include "cbuild/ops/worker_options.h"
#include "src/ops/build_network.h"
#include "src/ops/last_selection.h"
#include "src/ops/run_root.h"
#include "src/ops/sources/base_images.h"
#include "src/ops/sources/contexts.h"
#include "src/ops/sources/remote_sources.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::ops {

struct StepContext;

/// Borrows what Worker's constructor borrows.
class Services {
 public:
  Services(const graph::Graph& graph, WorkerOptions options, const WorkerResources& resources);

  /// @param lender  of the vertex (graph::Vertex::lender)
  StepContext context(std::size_t lender = 0);

  /// Enters the user namespace by WorkerOptions::before_first_run.
  void enter_namespace(std::span<const graph::VertexId> pending);

 private:
  const graph::Graph& graph_;
  WorkerOptions options_;
  store::Store& store_;
  const sandbox::Workspace& workspace_;
  const CancelToken& cancel_;
  image::RootViews views_;
  BaseImages images_;
  std::deque<SshAgents> agents_;       ///< by lender
  std::deque<BuildNetwork> networks_;  ///< by lender
  Contexts contexts_;
  RemoteSources remotes_;
  RunRoots run_roots_;
  LastSelection last_selection_;
  std::atomic<bool> in_namespace_{false};
};

}  // namespace cbuild::ops
