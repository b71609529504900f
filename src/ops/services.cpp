// The services of a build; see services.h.
#include "src/ops/services.h"

#include <utility>

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
      agents_(options_.run.ssh, store_, cancel_),
      contexts_(options_.contexts, store_),
      remotes_(graph,
               RemoteFiles(store_, resources.registry, {options_.run}, cancel_),
               resources.steps) {}

StepContext Services::context() {
  return {graph_,    options_.run, store_,          views_,        images_,    agents_,
          contexts_, remotes_,     last_selection_, in_namespace_, workspace_, cancel_};
}

void Services::enter_namespace(std::span<const graph::VertexId> pending) {
  if (options_.before_first_run) options_.before_first_run(pending);
  in_namespace_ = true;
}

}  // namespace cbuild::ops
