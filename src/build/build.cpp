// The course of a build; see build.h.
#include "cbuild/build/build.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/build/context.h"
#include "cbuild/cache/local_cache.h"
#include "cbuild/ops/worker.h"
#include "cbuild/sandbox/sandbox.h"
#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/solver/solver.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/build/assemble.h"
#include "src/build/image_store.h"
#include "src/build/step_display.h"
#include "src/build/working_namespace.h"

namespace cbuild::build {

namespace {

constexpr const char* kIgnoreFile = ".dockerignore";
constexpr std::uint64_t kMaxIgnoreFile = 4 << 20;

bool is_image_context(const std::string& value) {
  return value.starts_with("oci-layout://") || value.starts_with("docker-image://");
}

frontend::Options lowering_options(const Request& request) {
  frontend::Options options;
  options.build_args = request.build_args;
  options.labels = request.labels;
  options.target = request.target;
  options.network = request.network;
  options.no_cache = request.no_cache;
  for (const auto& [name, value] : request.contexts) {
    options.contexts[name] =
        is_image_context(value) ? frontend::ContextKind::image : frontend::ContextKind::directory;
  }
  return options;
}

/// A directory of the user, with its own ignore file.
ops::Context directory_context(const std::string& name, const std::string& directory) {
  return with_context("--build-context " + name, [&]() -> ops::Context {
    const Fd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) {
      throw Error(ErrorKind::usage, "{}: {}", printable(directory), ::strerrordesc_np(errno));
    }
    const auto file = try_open_in_root(root, kIgnoreFile, O_RDONLY | O_NONBLOCK | O_NOCTTY);

    struct stat status {};

    if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      return {directory, {}, {}};
    }
    FdSource bytes(Fd(::fcntl(file->get(), F_DUPFD_CLOEXEC, 0)), kIgnoreFile);
    return {directory, IgnorePatterns::parse_file(read_all(bytes, kMaxIgnoreFile)),
            printable(name) + "/" + kIgnoreFile};
  });
}

using LoadedContexts = std::vector<LoadedContext>;

/// The contexts that the build takes files from; URLs among them are loaded, and kept in `loaded`.
std::map<std::string, ops::Context> contexts_of(const Request& request,
                                                const graph::Graph& graph,
                                                const Environment& environment,
                                                LoadedContexts& loaded) {
  ContextLoader loader(request, environment);
  std::map<std::string, ops::Context> contexts;
  for (const graph::Vertex& vertex : graph.vertices()) {
    const auto* source = std::get_if<graph::ContextSource>(&vertex.op);
    if (source == nullptr) continue;
    const auto named = request.contexts.find(source->name);
    if (named != request.contexts.end() && ContextLoader::is_remote(named->second)) {
      loaded.push_back(loader.load_directory(named->second));
      contexts[source->name] = {loaded.back().directory, {}, {}, true};
    } else if (named != request.contexts.end()) {
      contexts[source->name] = directory_context(source->name, named->second);
    } else if (!request.context_directory.empty()) {
      contexts[source->name] = {request.context_directory,
                                IgnorePatterns::parse_file(request.ignore_file),
                                request.ignore_file_name, request.context_holder != nullptr};
    }
  }
  return contexts;
}

frontend::Lowered lower(const Request& request, const Environment& environment) {
  const auto fail = [&](const Error& error,
                        const frontend::SourceRange& range) -> frontend::Lowered {
    throw BuildFailed(error, frontend::excerpt(request.dockerfile_name, request.dockerfile, range));
  };
  try {
    StoreResolver resolver(request, environment);
    return frontend::lower(request.dockerfile, lowering_options(request), resolver);
  } catch (const frontend::DockerfileError& error) {
    return fail(error, error.range());
  } catch (const frontend::ResolveError& error) {
    return fail(error, error.range());
  }
}

void report_unused(const frontend::Lowered& lowered, Progress& progress) {
  if (lowered.unused_build_args.empty()) return;
  progress.message(fmt::format("warning: no ARG takes the build argument{} {}",
                               lowered.unused_build_args.size() == 1 ? "" : "s",
                               join(lowered.unused_build_args, ", ")));
}

/// Where `word` of the instruction stands; the instruction when it is none of them.
frontend::SourceRange range_of(const graph::Vertex& vertex, const std::string& word) {
  const bool is_all = graph::is_source(vertex.op);  // it is nothing but its one word
  for (const graph::WrittenWord& written : vertex.words) {
    if (written.text != word && !is_all) continue;
    return {written.line, std::max(written.line, written.last_line), written.column,
            written.end_column};
  }
  return {vertex.line, std::max(vertex.line, vertex.last_line), 0, 0};
}

/// Brings the graph about; a step's failure comes with its lines of the Dockerfile.
solver::Results solve(const Request& request,
                      const frontend::Lowered& lowered,
                      const Environment& environment) {
  StepDisplay display(lowered.graph, environment.progress);
  cache::LocalCache cache(environment.store);
  LoadedContexts loaded;
  ops::Options options;
  options.contexts = contexts_of(request, lowered.graph, environment, loaded);
  options.git_secrets = request.git_secrets;
  options.before_first_run = [&] { enter_working_namespace(environment); };
  ops::Worker worker(lowered.graph, std::move(options), environment.store, environment.registry,
                     display, environment.cancel);
  std::vector<graph::VertexId> targets = lowered.layers;
  if (lowered.root != graph::kNoInput) targets.push_back(lowered.root);
  try {
    solver::Results results = solver::solve(lowered.graph, targets, worker, cache, display,
                                            {request.jobs}, environment.cancel);
    worker.save_file_digests();
    return results;
  } catch (const solver::VertexError& error) {
    worker.save_file_digests();  // the next try need not read the files again
    const graph::Vertex& vertex = lowered.graph[error.vertex()];
    if (vertex.line == 0) throw;
    const frontend::SourceRange range = range_of(vertex, error.word());
    throw BuildFailed(error, frontend::excerpt(request.dockerfile_name, request.dockerfile, range));
  }
}

Assembled assemble_target(const Request& request,
                          const frontend::Lowered& lowered,
                          const solver::Results& results,
                          const Environment& environment) {
  AssembleRequest assembly;
  assembly.config = lowered.config;
  assembly.base_history = lowered.base_history;
  assembly.base_layers = lowered.config.diff_ids.size();
  assembly.source_date_epoch = request.source_date_epoch;
  if (lowered.root != graph::kNoInput && !results[lowered.root]->id.empty()) {
    assembly.chain = oci::Digest::parse(results[lowered.root]->id);
  }
  return assemble(assembly, environment);
}

/// Names the image; writes nothing when it has the name already, as in a build where all was
/// cached.
void name_image(const Request& request, const Assembled& image, store::Images& images) {
  if (!images.find(image.image_id)) images.add(image.image_id, image.manifest);
  for (const oci::Reference& name : request.tags) {
    const auto holder = images.find(name);
    if (!holder || holder->id != image.image_id) images.tag(name, image.image_id);
  }
}

exporter::Environment exporter_environment(const Environment& environment, bool superuser) {
  exporter::Environment result{environment.store, environment.registry, environment.progress,
                               environment.cancel};
  result.keep_owners = superuser;
  result.open_root = [&environment](const std::optional<oci::Digest>& chain) {
    return open_root(chain, environment);
  };
  return result;
}

void export_to(const std::vector<exporter::Output>& outputs,
               const Request& request,
               const Assembled& image,
               const Environment& environment,
               bool superuser) {
  for (exporter::Output output : outputs) {
    if (output.names.empty()) output.names = request.tags;
    const bool makes_tars = output.type != "image";
    if (makes_tars) enter_working_namespace(environment);
    exporter::export_image(image.manifest, output, exporter_environment(environment, superuser));
  }
}

}  // namespace

Result build(const Request& request, const Environment& environment) {
  const bool superuser = ::geteuid() == 0;  // inside the user namespace everybody is
  const frontend::Lowered lowered = lower(request, environment);
  report_unused(lowered, environment.progress);
  const solver::Results results = solve(request, lowered, environment);
  const Assembled image = assemble_target(request, lowered, results, environment);
  environment.cancel.check();
  export_to(request.outputs, request, image, environment, superuser);
  name_image(request, image, environment.store.images());
  return {image.image_id, image.manifest, lowered.warnings};
}

oci::Digest pull(const oci::Reference& reference,
                 const oci::Platform& platform,
                 const Environment& environment) {
  const KnownImage image = fetch_documents(reference, platform, environment);
  with_step(environment.progress, "pulling " + reference.familiar(), [&](Progress::Step step) {
    const auto repository = environment.registry.repository(reference);
    with_context("pull " + reference.familiar(),
                 [&] { take_layers(image, *repository, step, environment); });
  });
  const oci::Digest& id = image.document.config.digest;
  environment.store.images().add(id, image.manifest);
  environment.store.images().tag(reference, id);
  environment.store.images().remember(reference, platform, image.manifest);
  return id;
}

oci::Digest load(const oci::Descriptor& manifest,
                 oci::BlobStore& from,
                 const std::vector<oci::Reference>& names,
                 const Environment& environment) {
  const KnownImage image =
      adopt_documents(environment.store, from, manifest, oci::Platform::host());
  const std::string name = names.empty() ? manifest.digest.short_hex() : names[0].familiar();
  with_step(environment.progress, "loading " + name,
            [&](Progress::Step step) { take_layers(image, from, step, environment); });
  const oci::Digest& id = image.document.config.digest;
  environment.store.images().add(id, image.manifest);
  for (const oci::Reference& given : names)
    environment.store.images().tag(given, id);
  return id;
}

}  // namespace cbuild::build
