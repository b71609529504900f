// What the steps of one build share.
#pragma once

#include <atomic>
#include <cstddef>

namespace cbuild::graph {
class Graph;
struct ContextSource;
struct Vertex;
}  // namespace cbuild::graph

namespace cbuild::image {
class RootViews;
}

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

class BaseImages;
class BuildNetwork;
class Contexts;
class LastSelection;
class RemoteSources;
class RunRoots;
class SshAgents;
struct RunSettings;

/// The services of a build. All are thread-safe and owned by Services.
struct StepContext {
  const graph::Graph& graph;
  const RunSettings& run;
  store::Store& store;
  image::RootViews& views;
  BaseImages& images;
  SshAgents& agents;
  BuildNetwork& network;
  RunRoots& run_roots;
  Contexts& contexts;
  RemoteSources& remotes;
  LastSelection& last_selection;
  const std::atomic<bool>& in_namespace;  ///< the user namespace is entered: roots can be opened
  const sandbox::Workspace& workspace;
  const CancelToken& cancel;  ///< of the whole build; a step has its own
};

/// The context that input number `input` of `vertex` is; null when it is something else.
const graph::ContextSource* context_source(const graph::Graph& graph,
                                           const graph::Vertex& vertex,
                                           std::size_t input);

}  // namespace cbuild::ops
