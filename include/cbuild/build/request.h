// A request: one image to build, with its options.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/build/named_context.h"
#include "cbuild/exporter/output.h"
#include "cbuild/graph/network.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"
#include "cbuild/ops/run_settings.h"

namespace cbuild::graph {
struct Diagnostic;
}

namespace cbuild::ops {
class StagedTree;
}

namespace cbuild::build {

/// One image to build, for one or several platforms. Defaults are those of the command line.
struct Request {
  std::string name;  ///< of the build among several, for displays: its service; empty = none
  std::string context_directory;  ///< absolute; empty = no context (Dockerfile from stdin)
  /// Keeps the directory when it is there for this build only; null for the user's own.
  std::shared_ptr<const ops::StagedTree> context_holder;
  std::string dockerfile;        ///< the text
  std::string dockerfile_name;   ///< as shown in messages: "Dockerfile", "docker/Dockerfile.dev"
  std::string ignore_file;       ///< content of the ignore file that counts; empty = none
  std::string ignore_file_name;  ///< of it, for messages
  std::vector<oci::Reference> tags;
  std::map<std::string, std::string> build_args;
  std::map<std::string, std::string> labels;
  NamedContexts contexts;  ///< --build-context NAME=VALUE
  std::string target;
  std::vector<oci::Platform> platforms;  ///< of the result, each once; empty = this machine's
  graph::Network network = graph::Network::build;
  bool allow_host_network = false;  ///< RUN --network=host may be
  bool allow_insecure = false;      ///< asked for; it cannot be granted
  ops::RunSettings run;             ///< secrets, agents and settings of RUN steps
  bool no_cache = false;
  std::vector<std::string> no_cache_stages;  ///< --no-cache-filter
  bool pull = false;  ///< ask the registry for base images even when they are known
  std::vector<exporter::Output> outputs;          ///< empty = only the store
  std::vector<exporter::Annotation> annotations;  ///< of the image, wherever it goes
  std::optional<std::int64_t> source_date_epoch;  ///< absent: the Dockerfile may give one
  bool rewrite_timestamps = true;                 ///< the epoch counts for files in layers, too
  std::size_t jobs = 0;
  /// Told before the first step what the rules found, if anything; and again when a step fails,
  /// without what its error says.
  std::function<void(const std::vector<graph::Diagnostic>&)> on_findings = {};
};

/// Whether the request has no output but "cacheonly": then no image is made.
bool is_for_cache_only(const Request& request);

/// The request's time for the image, from a text: "1700000000". @param what  for messages
/// @throws Error(usage)
std::int64_t parse_epoch(std::string_view what, const std::string& text);

}  // namespace cbuild::build
