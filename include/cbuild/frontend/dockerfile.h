// Dockerfile text to build graph and image config, in one call.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/context_files.h"
#include "cbuild/frontend/image_resolver.h"
#include "cbuild/graph/graph.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/util/error.h"

namespace cbuild::frontend {

/// A range in the Dockerfile: 1-based lines; columns are bytes, 1-based, `end_column` one past the
/// last. Column 0 = the whole lines.
struct SourceRange {
  int line = 0;
  int last_line = 0;
  int column = 0;
  int end_column = 0;
};

struct Fault {
  SourceRange range;
  std::string message;
  std::string hint = {};  ///< what to do; may be empty
};

/// Something is wrong with the Dockerfile at `range`. what() is the message alone; excerpt() shows
/// the place.
class DockerfileError : public Error {
 public:
  DockerfileError(SourceRange range, const std::string& message, std::vector<Fault> earlier = {})
      : Error(ErrorKind::usage, "{}", message), range_(range), earlier_(std::move(earlier)) {}

  const SourceRange& range() const noexcept { return range_; }

  /// What else is wrong, further up in the file.
  const std::vector<Fault>& earlier() const noexcept { return earlier_; }

 private:
  SourceRange range_;
  std::vector<Fault> earlier_;
};

/// A base image could not be had; `range` is where it is asked for. Keeps the kind of its cause.
class ResolveError : public Error {
 public:
  ResolveError(SourceRange range, const Error& cause) : Error(cause), range_(range) {}

  const SourceRange& range() const noexcept { return range_; }

 private:
  SourceRange range_;
};

/// What a rule found; see check.h.
struct Warning {
  std::string rule;  ///< "LegacyKeyValueFormat"
  std::string message;
  SourceRange range;
};

/// The lines around `range` with the range underlined, as cli.md shows it, with a heading
/// "NAME:LINE". Control characters made visible.
std::string excerpt(std::string_view name, std::string_view text, const SourceRange& range);

/// The same for an error. The earlier ones come first, each with its message.
std::string excerpt(std::string_view name, std::string_view text, const DockerfileError& error);

enum class ContextKind { directory, image, scratch };

struct Options {
  std::map<std::string, std::string>
      build_args;  ///< --build-arg; those without value are looked up by the caller
  std::map<std::string, std::string> labels;  ///< --label
  std::string target;                         ///< --target: name or index; empty = the last stage
  oci::Platform platform = oci::Platform::host();  ///< of the result
  /// --platform was given: the result is for it whatever its base is for.
  bool platform_given = false;
  oci::Platform build_platform = oci::Platform::host();  ///< of this machine
  std::map<std::string, ContextKind> contexts;           ///< --build-context
  graph::Network network = graph::Network::host;         ///< of RUN without --network
  /// false: the file is only read. What it may do is for a build to refuse.
  bool is_to_be_built = true;
  bool allow_host_network = false;  ///< RUN --network=host may be
  bool allow_insecure = false;  ///< asked for, though it cannot be granted: changes what is said
  bool no_cache = false;
  /// For the rules about COPY; may be null. Outlives the call.
  const ContextFiles* context_files = nullptr;
  std::vector<std::string> no_cache_stages;  ///< --no-cache-filter: names or indexes of stages
  bool show_platform = false;                ///< in labels: the build is for several platforms
};

struct Lowered {
  graph::Graph graph;
  graph::VertexId root = graph::kNoInput;  ///< root file system of the target; kNoInput = scratch
  /// Config of the image: base's plus this build's. `diff_ids` are the base's; `created` is empty;
  /// history entries of this build come after the base's, without `created`.
  oci::ImageConfig config;
  std::size_t base_history = 0;  ///< entries of config.history that are the base's
  /// Vertices that made the layers of this build, in order: one for each own history entry with
  /// empty_layer == false.
  std::vector<graph::VertexId> layers;
  std::vector<Warning> warnings;     ///< what the rules found, in order of the file
  bool warnings_are_errors = false;  ///< `# check=error=true`
  std::vector<std::string> unused_build_args;
  /// What ARG SOURCE_DATE_EPOCH before the first FROM came to.
  std::optional<std::string> source_date_epoch;
};

/// Parses and lowers. Everything is checked before the resolver is asked for anything.
/// @param known_images  tells of the bases of stages that are not needed and fetches nothing; null:
///                      rules look at the needed ones only
/// @throws DockerfileError, or what the resolver throws.
Lowered lower(std::string_view dockerfile,
              const Options& options,
              ImageResolver& resolver,
              ImageResolver* known_images = nullptr);

}  // namespace cbuild::frontend
