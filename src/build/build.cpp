// The course of a build; see build.h.
#include "cbuild/build/build.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include "cbuild/cache/local_cache.h"
#include "cbuild/exporter/exporter.h"
#include "cbuild/frontend/check.h"
#include "cbuild/image/root_views.h"
#include "cbuild/image/unpack.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/ops/worker.h"
#include "cbuild/sandbox/resource_limit.h"
#include "cbuild/solver/solver.h"
#include "cbuild/store/images.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/build/assemble.h"
#include "src/build/build_contexts.h"
#include "src/build/failure.h"
#include "src/build/lowering_options.h"
#include "src/build/plan.h"
#include "src/build/run_steps.h"
#include "src/build/step_display.h"
#include "src/build/switches.h"

namespace cbuild::build {

namespace {

/// @throws Error(build) when the Dockerfile wants findings to be errors
void report_findings(const Request& request, const Plan& plan) {
  if (plan.warnings.empty()) return;
  if (request.on_findings) request.on_findings(plan.warnings);
  const std::vector<frontend::Diagnostic> violations = frontend::violations_among(plan.warnings);
  if (!plan.warnings_are_errors || violations.empty()) return;
  Error error(ErrorKind::build, "{}", frontend::text_of(violations));
  error.with_hint("the Dockerfile has check=error=true");
  throw error;
}

void report_unused(const Plan& plan, Progress& progress) {
  if (plan.unused_build_args.empty()) return;
  progress.message(fmt::format("warning: no ARG takes the build argument{} {}",
                               plan.unused_build_args.size() == 1 ? "" : "s",
                               join(plan.unused_build_args, ", ")));
}

/// Nothing but cacheonly was asked for: the image itself is not wanted.
bool is_for_cache_only(const Request& request) {
  const auto is_cache_only = [](const exporter::Output& output) {
    return output.type == "cacheonly";
  };
  return !request.outputs.empty() && std::ranges::all_of(request.outputs, is_cache_only);
}

/// Of a build that failed. What went wrong first is told; this is not.
void keep_what_was_made(store::Store& store) {
  try {
    store.snapshots().sync();
    store.kept().sync();
  } catch (const Error& error) {
    log_debug("what a failed build made is not synced: {}", error.what());
  }
}

std::vector<graph::VertexId> all_of(const graph::Graph& graph) {
  std::vector<graph::VertexId> vertices(graph.size());
  std::iota(vertices.begin(), vertices.end(), graph::VertexId{0});
  return vertices;
}

/// Solves the graph; rethrows a step's failure as BuildFailed with the lines of the Dockerfile.
solver::Results solve(const Request& request, const Plan& plan, const image::Services& services) {
  StepDisplay display(plan.graph, services.progress);
  cache::LocalCache cache(services.store);
  sandbox::Emulation emulation;
  LoadedContexts loaded;
  ops::WorkerOptions options;
  options.contexts = contexts_of(request, plan.graph, services, loaded);
  options.run = request.run;
  options.before_first_run = [&](std::span<const graph::VertexId> pending) {
    image::enter_working_namespace(services);
    prepare_run_steps(plan.graph, pending, services.store.root(), emulation);
  };
  CancelToken cancel = CancelToken::child_of(services.cancel);
  ops::Worker worker(plan.graph, std::move(options),
                     {services.store, services.registry, display, cancel, services.workspace});
  try {
    solver::Solution solution =
        solver::solve({.graph = plan.graph, .goals = {{plan.wanted()}}, .jobs = request.jobs},
                      {worker, cache, display, cancel});
    if (solution.failures.front()) throw *solution.failures.front();
    solver::Results results = std::move(solution.results);
    worker.save_file_digests();
    for (const Target& target : plan.targets) {
      // No step may have looked into the base, but the image shall be whole.
      if (target.root != graph::kNoInput && !is_for_cache_only(request))
        worker.complete(*results[target.root]);
    }
    return results;
  } catch (const solver::VertexError& error) {
    // The next try need neither read the files again nor make what is there.
    worker.save_file_digests();
    keep_what_was_made(services.store);
    if (plan.graph[error.vertex()].range.line == 0) throw;
    std::vector<solver::VertexError> others;
    if (error.kind() == ErrorKind::usage) others = worker.missing_sources(all_of(plan.graph));
    fail(request, plan, error, others);
  }
}

Assembled assemble_target(const Request& request,
                          const Plan& plan,
                          const Target& target,
                          const solver::Results& results,
                          const image::Services& services) {
  AssembleRequest assembly;
  assembly.config = target.config;
  assembly.base_history = target.base_history;
  assembly.base_layers = target.config.diff_ids.size();
  assembly.source_date_epoch = plan.source_date_epoch;
  assembly.rewrite_timestamps = request.rewrite_timestamps;
  if (target.root != graph::kNoInput)
    assembly.chain = std::get<solver::RootFileSystem>(*results[target.root]).chain;
  return assemble(assembly, services);
}

struct Built {
  Assembled whole;  ///< the image, or the index of all, with the annotations that were asked for
  /// The stacks of snapshots, by the IDs of the images.
  std::map<oci::Digest, std::optional<oci::Digest>> chains;
};

Built assemble_all(const Request& request,
                   const Plan& plan,
                   const solver::Results& results,
                   const image::Services& services) {
  Built built;
  std::vector<PlatformImage> images;
  for (const Target& target : plan.targets) {
    images.push_back({target.platform, assemble_target(request, plan, target, results, services)});
    built.chains[images.back().image.image_id] = images.back().image.chain;
  }
  const bool single = images.size() == 1 && !is_switched_on(request, "BUILDKIT_MULTI_PLATFORM");
  Assembled& whole = built.whole;
  whole = single ? images.front().image : assemble_index(images, services);
  if (single) whole.manifest.platform = images.front().platform;  // annotations may be for one
  whole.manifest = exporter::annotate(whole.manifest, request.annotations, services.store.blobs());
  whole.manifest.platform.reset();
  if (!single) whole.image_id = whole.manifest.digest;
  return built;
}

bool has_other_annotations(const oci::Descriptor& one,
                           const oci::Descriptor& other,
                           oci::BlobStore& blobs) {
  if (one.digest == other.digest) return false;
  return oci::Manifest::parse(oci::read_document(blobs, one)).annotations !=
         oci::Manifest::parse(oci::read_document(blobs, other)).annotations;
}

/// Names the image; writes nothing when it has the name already, as in a build where all was
/// cached.
void name_image(const Request& request, const Assembled& image, store::Store& store) {
  store::Images& images = store.images();
  const auto known = images.find(image.image_id);
  if (known && has_other_annotations(known->manifest, image.manifest, store.blobs())) {
    images.replace_manifest(image.image_id, image.manifest);
  }
  images.add(image.image_id, image.manifest, request.tags);
}

/// What is found by a digest must be found here as well.
void note_digests(const std::vector<Pushed>& pushed, const oci::Digest& id, store::Store& store) {
  for (const Pushed& one : pushed)
    store.images().note_digest(one.name, one.image.digest, id);
}

exporter::ExportServices export_services(const image::Services& services,
                                         const Built& built,
                                         bool superuser) {
  exporter::ExportServices result{services};
  result.keep_owners = superuser;
  result.open_root = [&](const oci::Digest& image_id) {
    image::enter_working_namespace(services);
    const auto& chain = built.chains.at(image_id);
    if (chain) image::unpack_stack(*chain, services.store, {}, services.cancel);
    return image::open_root(services.store, chain);
  };
  return result;
}

/// Exports to all that was asked for; `result` tells how the image got there.
void export_to(const Request& request,
               const image::Services& services,
               exporter::ExportServices to,
               Result& result) {
  to.on_pushed = [&](const oci::Reference& name, const oci::Descriptor& pushed) {
    result.pushed.push_back({name, pushed});
  };
  for (exporter::Output output : request.outputs) {
    if (output.names.empty()) output.names = request.tags;
    const bool reads_layers = output.type != "image" && output.type != "cacheonly";
    if (reads_layers) image::enter_working_namespace(services);
    const oci::Descriptor exported = exporter::export_image(result.manifest, output, to);
    const bool has_documents =
        output.type == "registry" || output.type == "oci" || output.type == "docker";
    if (has_documents) result.exported = exported;
  }
}

}  // namespace

Result build(const Request& request, const image::Services& services) {
  const bool superuser = ::geteuid() == 0;  // inside the user namespace everybody is
  Plan plan = make_plan(request, services);
  report_findings(request, plan);
  report_unused(plan, services.progress);
  sandbox::permit_limits(request.run.limits);
  const solver::Results results = solve(request, plan, services);
  const Built built = assemble_all(request, plan, results, services);
  const Assembled& image = built.whole;
  services.cancel.check();
  exporter::ExportServices to = export_services(services, built, superuser);
  if (request.rewrite_timestamps) to.latest_time = plan.source_date_epoch;
  Result result{image.image_id, image.manifest, image.manifest, {}};
  export_to(request, services, std::move(to), result);
  services.store.kept().sync();
  if (is_for_cache_only(request)) {
    services.store.snapshots().sync();
  } else {
    name_image(request, image, services.store);
    note_digests(result.pushed, image.image_id, services.store);
  }
  return result;
}

}  // namespace cbuild::build
