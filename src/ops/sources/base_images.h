// The base images of a build as results of their vertices: identified by their configs, fetched
// when a step reads their files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/oci/digest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct ImageSource;
}

namespace cbuild::registry {
class Registry;
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

/// The stack that `result`, of a root file system, names.
std::optional<oci::Digest> stack_of(const solver::Result& result);

/// Thread-safe.
class BaseImages {
 public:
  BaseImages(store::Store& store, registry::Registry& registry, solver::Steps& steps)
      : store_(store), registry_(registry), steps_(steps) {}

  /// Returns the stack of the image; nothing is fetched.
  solver::Result identify(graph::VertexId vertex, const graph::ImageSource& op);

  /// Whether every layer of the stack of `result` is unpacked.
  bool is_available(const solver::Result& result) const;

  /// Unpacks the layers of the stack of `result` that are not unpacked. The transfers are shown
  /// under the image's vertex. @throws solver::VertexError of the image's vertex
  void make_available(const solver::Result& result, const CancelToken& cancel);

 private:
  struct Image {
    graph::VertexId vertex;
    oci::Reference reference;
    oci::Digest manifest;
    std::mutex fetching;
  };

  void fetch(const oci::Digest& chain, Image& image, const CancelToken& cancel);

  store::Store& store_;
  registry::Registry& registry_;
  solver::Steps& steps_;
  std::mutex mutex_;
  std::map<oci::Digest, std::unique_ptr<Image>> images_;  ///< by chain ID
  std::set<oci::Digest> available_;                       ///< known to be unpacked
};

}  // namespace cbuild::ops
