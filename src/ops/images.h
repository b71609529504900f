// The base images of a build: known by their configs from the start, fetched when a step must see
// their files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cbuild/graph/graph.h"
#include "cbuild/registry/registry.h"
#include "cbuild/solver/observer.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"

namespace cbuild::ops {

/// Thread-safe.
class BaseImages {
 public:
  BaseImages(store::Store& store,
             registry::Registry& registry,
             solver::Observer& observer,
             const CancelToken& cancel)
      : store_(store), registry_(registry), observer_(observer), cancel_(cancel) {}

  /// The stack of the image; nothing is fetched.
  solver::Result identify(graph::VertexId vertex, const graph::ImageSource& op);

  /// Whether every layer of `result`'s stack is unpacked.
  bool is_available(const solver::Result& result) const;

  /// Has every layer of `result`'s stack unpacked when it returns. The image's vertex is shown as
  /// started and done meanwhile. @throws solver::VertexError of the image's vertex
  void make_available(const solver::Result& result);

 private:
  struct Image {
    graph::VertexId vertex;
    oci::Reference reference;
    oci::Digest manifest;
    std::mutex fetching;
  };

  void fetch(const oci::Digest& chain, Image& image);

  store::Store& store_;
  registry::Registry& registry_;
  solver::Observer& observer_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::map<oci::Digest, std::unique_ptr<Image>> images_;  ///< by chain ID
  std::map<std::string, bool> available_;                 ///< results known to be unpacked
};

}  // namespace cbuild::ops
