// The build contexts of a plan, opened or downloaded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cbuild/build/loaded_context.h"
#include "cbuild/ops/context.h"

namespace cbuild::graph {
struct ContextSource;
}

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

struct Request;

/// The contexts that builds take files from, each identity once. URLs are kept as long as this.
class BuildContexts {
 public:
  /// Adds the context that a build of `request` takes files from; a URL is loaded.
  /// @throws Error naming the context; BuildFailed for the lines of an ill-formed ignore file
  void add(const graph::ContextSource& source,
           const Request& request,
           const image::Services& services);

  /// By graph::ContextSource::identity.
  const std::map<std::string, ops::Context>& by_identity() const noexcept { return by_identity_; }

 private:
  ops::Context named_context(const std::string& name,
                             const Request& request,
                             const image::Services& services);

  std::map<std::string, ops::Context> by_identity_;
  std::vector<LoadedContext> loaded_;  ///< keeps the directories of URLs
};

}  // namespace cbuild::build
