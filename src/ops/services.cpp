// The services of a build; see services.h.
#include "src/ops/services.h"

#include <utility>

#include "cbuild/ops/remote_files.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

Services::Services(const graph::Graph& graph,
                   WorkerOptions options,
                   const WorkerResources& resources)
    : graph_(graph),
      options_(std::move(options)),
      store_(resources.store),
      workspace_(resources.workspace),
      cancel_(resources.cancel),
      views_(store_),
      images_(store_, resources.registry, resources.steps),
      contexts_(options_.contexts, store_),
      remotes_(graph, resources.steps),
      run_roots_(store_, workspace_) {
  for (const RunSettings& settings : options_.lenders) {
    agents_.emplace_back(settings.ssh, store_, cancel_);
    networks_.emplace_back(settings);
    remotes_.add_lender(RemoteFiles(store_, resources.registry, {settings}, cancel_));
  }
}

StepContext Services::context(std::size_t lender) {
  return {.graph = graph_,
          .run = options_.lenders[lender],
          .store = store_,
          .views = views_,
          .images = images_,
          .agents = agents_[lender],
          .network = networks_[lender],
          .run_roots = run_roots_,
          .contexts = contexts_,
          .remotes = remotes_,
          .last_selection = last_selection_,
          .in_namespace = in_namespace_,
          .workspace = workspace_,
          .cancel = cancel_};
}

void Services::enter_namespace(std::span<const graph::VertexId> pending) {
  if (options_.before_first_run) options_.before_first_run(pending);
  in_namespace_ = true;
}

}  // namespace cbuild::ops
