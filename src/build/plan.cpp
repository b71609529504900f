// Lowering of all Dockerfiles for all platforms; see plan.h.
#include "src/build/plan.h"

#include <algorithm>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/offline_resolver.h"
#include "cbuild/build/request.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "cbuild/image/services.h"
#include "src/build/context_files.h"
#include "src/build/lowering_options.h"
#include "src/build/online_resolver.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMaxContextEntries = 2'000;  // some milliseconds

frontend::Lowered lower(const frontend::Dockerfile& dockerfile,
                        const Request& request,
                        const oci::Platform& platform,
                        const image::Services& services) {
  OnlineResolver resolver(request, services);
  const auto context = context_files(request, kMaxContextEntries);
  frontend::Options options = lowering_options(request, platform);
  options.context_files = context.get();
  OfflineResolver known_images(&services.store, request.contexts);
  return dockerfile.lower(options, resolver, &known_images);
}

/// Those that another platform did not give already.
void add_warnings(PlannedBuild& build, std::vector<frontend::Diagnostic> warnings) {
  for (frontend::Diagnostic& warning : warnings) {
    const bool known = std::ranges::any_of(build.warnings, [&](const frontend::Diagnostic& other) {
      return other.rule == warning.rule && other.message == warning.message &&
             other.range.line == warning.range.line;
    });
    if (!known) build.warnings.push_back(std::move(warning));
  }
}

/// Merges what was lowered into `graph`. Of vertices that an earlier Dockerfile has, the place in
/// this one is kept beside. @return what they are in `graph`
std::vector<graph::VertexId> merge(graph::Graph& graph,
                                   const graph::Graph& lowered,
                                   std::size_t lender,
                                   PlannedBuild& build) {
  const std::size_t before = graph.size();
  std::vector<graph::VertexId> here = graph.merge(lowered, [&](graph::Vertex& vertex) {
    if (graph::takes_loans(vertex.op)) vertex.lender = lender;
    vertex.group = build.request.name;
  });
  for (std::size_t i = 0; i < here.size(); ++i) {
    if (here[i] < before) build.places.insert({here[i], {lowered[i].range, lowered[i].words}});
  }
  build.vertices.insert(build.vertices.end(), here.begin(), here.end());
  return here;
}

Target target_of(const oci::Platform& platform,
                 frontend::Lowered& lowered,
                 const std::vector<graph::VertexId>& here) {
  Target target{platform, std::move(lowered.config), lowered.base_history, lowered.root, {}};
  if (target.root != graph::kNoInput) target.root = here[target.root];
  for (const graph::VertexId layer : lowered.layers)
    target.layers.push_back(here[layer]);
  return target;
}

}  // namespace

PlannedBuild::PlannedBuild(std::size_t its_number, const Request& its_request)
    : number(its_number), request(its_request), source_date_epoch(its_request.source_date_epoch) {}

std::vector<graph::VertexId> PlannedBuild::wanted() const {
  std::vector<graph::VertexId> wanted;
  for (const Target& target : targets) {
    wanted.insert(wanted.end(), target.layers.begin(), target.layers.end());
    if (target.root != graph::kNoInput) wanted.push_back(target.root);
  }
  return wanted;
}

Place PlannedBuild::place_of(const graph::Graph& graph, graph::VertexId vertex) const {
  if (const auto found = places.find(vertex); found != places.end()) return found->second;
  return {graph[vertex].range, graph[vertex].words};
}

PlannedBuild& Plan::add(std::size_t number,
                        const Request& request,
                        const image::Services& services) {
  PlannedBuild build(number, request);
  const std::size_t lender = lender_of(request.run);
  const auto guarded = [&](auto&& read) {
    return with_lines(request.dockerfile_name, request.dockerfile, read);
  };
  const auto dockerfile = guarded([&] { return frontend::Dockerfile(request.dockerfile); });
  for (const oci::Platform& platform : wanted_platforms(request)) {
    frontend::Lowered lowered =
        guarded([&] { return lower(dockerfile, request, platform, services); });
    const auto& epoch = lowered.source_date_epoch;
    if (!build.source_date_epoch && epoch && !epoch->empty())
      build.source_date_epoch = parse_epoch("ARG SOURCE_DATE_EPOCH", *epoch);
    const std::vector<graph::VertexId> here = merge(graph_, lowered.graph, lender, build);
    build.targets.push_back(target_of(platform, lowered, here));
    add_warnings(build, std::move(lowered.warnings));
    build.warnings_are_errors = lowered.warnings_are_errors;
    build.unused_build_args = std::move(lowered.unused_build_args);
  }
  return builds.emplace_back(std::move(build));
}

/// Requests with equal settings share their steps.
std::size_t Plan::lender_of(const ops::RunSettings& settings) {
  const auto found = std::ranges::find(lenders_, settings);
  if (found != lenders_.end()) return static_cast<std::size_t>(found - lenders_.begin());
  lenders_.push_back(settings);
  return lenders_.size() - 1;
}

}  // namespace cbuild::build
