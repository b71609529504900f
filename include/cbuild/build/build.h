// A build from request to image. The command line, tests and later compose call the same function.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/exporter/exporter.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/ops/staged_tree.h"
#include "cbuild/registry/registry.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"

namespace cbuild::build {

struct Request {
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
  std::map<std::string, std::string>
      contexts;  ///< --build-context NAME=VALUE: a directory, oci-layout://PATH[:TAG][@DIGEST],
                 ///< docker-image://REFERENCE, or a URL (see ContextLoader)
  std::string target;
  std::vector<oci::Platform> platforms;  ///< of the result, each once; empty = this machine's
  graph::Network network = graph::Network::host;
  bool allow_host_network = false;  ///< RUN --network=host may be
  bool allow_insecure = false;      ///< asked for; it cannot be granted
  ops::RunSettings run;             ///< what RUN steps are lent
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
  std::function<void(const std::vector<frontend::Diagnostic>&)> on_findings = {};
};

/// What a registry got: the image under one name.
struct Pushed {
  oci::Reference name;
  oci::Descriptor image;
};

struct Result {
  oci::Digest image_id;      ///< digest of the config; of an image for several platforms, its index
  oci::Descriptor manifest;  ///< in the store; or index
  oci::Descriptor exported;  ///< as the last registry or archive got it; else `manifest`
  std::vector<Pushed> pushed;
};

struct Environment {
  store::Store& store;
  registry::Registry& registry;
  Progress& progress;
  CancelToken& cancel;
};

/// A step of the Dockerfile, or the Dockerfile itself, failed; where, and the lines to show.
class BuildFailed : public Error {
 public:
  BuildFailed(const Error& cause, std::string excerpt)
      : Error(cause), excerpt_(std::move(excerpt)) {}

  const std::string& excerpt() const noexcept { return excerpt_; }

 private:
  std::string excerpt_;
};

/// @throws BuildFailed when the Dockerfile is to blame, other Errors, Interrupted. Nothing is
/// tagged unless all of it succeeded.
Result build(const Request& request, const Environment& environment);

/// The request's time for the image, from a text: "1700000000". @param what  for messages
/// @throws Error(usage)
std::int64_t parse_epoch(std::string_view what, const std::string& text);

/// Has all layers of an image in the store, as it must be to leave it: those of a base that no
/// build needed yet are fetched. @throws Error when they are nowhere to be had.
void complete(const store::Image& image, const Environment& environment);

/// Fetches an image and gives it its name in the store. @return its image ID.
oci::Digest pull(const oci::Reference& reference,
                 const oci::Platform& platform,
                 const Environment& environment);

/// Adds an image (from a layout or archive directory opened as BlobStore) to the store under
/// `names`: of an index all platforms when they are there, else this machine's. @return its image
/// ID.
oci::Digest load(const oci::Descriptor& root,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Environment& environment);

/// A root file system (directory or tar, any compression; "-" = stdin) as an image of one layer.
/// @return its image ID.
oci::Digest import_rootfs(const std::string& path,
                          const oci::Reference& name,
                          const oci::Platform& platform,
                          const std::vector<std::string>& changes,
                          const Environment& environment);

}  // namespace cbuild::build
