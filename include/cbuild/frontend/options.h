// The options of a build that affect how its Dockerfile is lowered.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cbuild/graph/network.h"
#include "cbuild/oci/platform.h"

namespace cbuild::frontend {

class ContextFiles;

enum class ContextKind { directory, image, scratch };

/// What a --build-context names.
struct ContextOption {
  ContextKind kind = ContextKind::directory;
  std::string identity = {};  ///< of a directory: graph::ContextSource::identity
};

struct Options {
  std::map<std::string, std::string>
      build_args;  ///< --build-arg; those without value are looked up by the caller
  std::map<std::string, std::string> labels;  ///< --label
  std::string target;                         ///< --target: name or index; empty = the last stage
  oci::Platform platform = oci::Platform::host();  ///< of the result
  /// --platform was given: it overrides the platform of the base image.
  bool platform_given = false;
  oci::Platform build_platform = oci::Platform::host();  ///< of this machine
  std::string context_identity;                          ///< of the build context
  std::map<std::string, ContextOption> contexts;         ///< --build-context
  graph::Network network = graph::Network::build;        ///< of RUN without --network
  /// false: the file is only checked, and nothing is refused that lacks an entitlement.
  bool is_to_be_built = true;
  bool allow_host_network = false;  ///< RUN --network=host may be
  bool allow_insecure = false;  ///< asked for, though it cannot be granted: changes what is said
  bool no_cache = false;
  /// For the rules about COPY; may be null. Outlives the call.
  const ContextFiles* context_files = nullptr;
  std::vector<std::string> no_cache_stages;  ///< --no-cache-filter: names or indexes of stages
  bool show_platform = false;                ///< in labels: the build is for several platforms
};

}  // namespace cbuild::frontend
