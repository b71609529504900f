// A build graph over a context, with the services that its steps share.
#pragma once

#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/ops/worker.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"
#include "src/ops/services.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

/// Shows nothing.
struct NoSteps final : solver::Steps {
  Progress::Step begin(graph::VertexId) override { return {}; }
};

/// The context is named "context". Vertices are added before services or a worker are made.
struct BuildFixture {
  TempTree context;
  TempTree directory;
  store::Store store{directory.at("store")};
  CancelToken cancel;
  registry::Registry registry{{}, cancel};
  NoSteps steps;
  sandbox::Workspace workspace{cancel};
  graph::Graph graph;
  bool temporary = false;  ///< of the context
  bool namespace_wanted = false;

  graph::VertexId add(graph::Op op, std::vector<graph::VertexId> inputs = {}) {
    graph::Vertex vertex;
    vertex.op = std::move(op);
    vertex.inputs = std::move(inputs);
    return graph.add(std::move(vertex));
  }

  graph::VertexId add_context() { return add(graph::ContextSource{"context", "files"}); }

  std::vector<graph::VertexId> all() const {
    std::vector<graph::VertexId> vertices(graph.size());
    std::iota(vertices.begin(), vertices.end(), graph::VertexId{0});
    return vertices;
  }

  WorkerOptions options() {
    WorkerOptions options;
    options.lenders.resize(1);
    options.contexts["files"] = {context.at(""), {}, "", temporary};
    options.before_first_run = [this](std::span<const graph::VertexId>) {
      namespace_wanted = true;
    };
    return options;
  }

  WorkerResources resources() { return {store, registry, steps, cancel, workspace}; }

  Services services() { return Services(graph, options(), resources()); }

  Worker worker() { return Worker(graph, options(), resources()); }
};

}  // namespace cbuild::ops
