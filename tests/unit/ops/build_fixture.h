// A build graph over a context, with the services that its steps share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cbuild/ops/worker.h"
#include "src/ops/services.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

/// Watches without a word.
struct SilentObserver final : solver::Observer {
  void started(graph::VertexId) override {}

  void output(graph::VertexId, int, std::string_view) override {}

  void transfer(graph::VertexId, std::string_view, std::uint64_t, std::uint64_t) override {}

  void finished(graph::VertexId, solver::Outcome, std::string_view) override {}
};

/// The context is named "context". Vertices are added before services or a worker are made.
struct BuildFixture {
  TempTree context;
  TempTree directory;
  store::Store store{directory.at("store")};
  CancelToken cancel;
  registry::Registry registry{{}, cancel};
  SilentObserver observer;
  graph::Graph graph;
  bool temporary = false;  ///< of the context
  bool namespace_wanted = false;

  graph::VertexId add(graph::Op op, std::vector<graph::VertexId> inputs = {}) {
    graph::Vertex vertex;
    vertex.op = std::move(op);
    vertex.inputs = std::move(inputs);
    return graph.add(std::move(vertex));
  }

  graph::VertexId add_context() { return add(graph::ContextSource{"context"}); }

  WorkerOptions options() {
    WorkerOptions options;
    options.contexts["context"] = {context.at(""), {}, "", temporary};
    options.before_first_run = [this] { namespace_wanted = true; };
    return options;
  }

  WorkerResources resources() { return {store, registry, observer, cancel}; }

  Services services() { return Services(graph, options(), resources()); }

  Worker worker() { return Worker(graph, options(), resources()); }
};

}  // namespace cbuild::ops
