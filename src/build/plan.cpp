// Lowering for all platforms; see plan.h.
#include "src/build/plan.h"

#include <algorithm>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/offline_resolver.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "src/build/context_files.h"
#include "src/build/lowering_options.h"
#include "src/build/online_resolver.h"

namespace cbuild::build {

namespace {

constexpr std::size_t kMaxContextEntries = 2'000;  // some milliseconds

/// Runs `action`; an error in the Dockerfile is thrown with its lines.
template <typename Action>
auto with_excerpt(const Request& request, Action&& action) {
  const auto fail = [&](const Error& error, const auto& place) {
    return BuildFailed(error,
                       frontend::excerpt(request.dockerfile_name, request.dockerfile, place));
  };
  try {
    return action();
  } catch (const frontend::DockerfileError& error) {
    throw fail(error, error.diagnostics());
  } catch (const frontend::ResolveError& error) {
    throw fail(error, error.range());
  }
}

frontend::Lowered lower(const frontend::Dockerfile& dockerfile,
                        const Request& request,
                        const oci::Platform& platform,
                        const image::Services& services) {
  OnlineResolver resolver(request, services);
  const DirectoryContext context(request, kMaxContextEntries);
  frontend::Options options = lowering_options(request, platform);
  options.context_files = &context;
  OfflineResolver known_images(&services.store, request.contexts);
  return dockerfile.lower(options, resolver, &known_images);
}

/// Those that another platform did not give already.
void add_warnings(Plan& plan, std::vector<frontend::Diagnostic> warnings) {
  for (frontend::Diagnostic& warning : warnings) {
    const bool known = std::ranges::any_of(plan.warnings, [&](const frontend::Diagnostic& other) {
      return other.rule == warning.rule && other.message == warning.message &&
             other.range.line == warning.range.line;
    });
    if (!known) plan.warnings.push_back(std::move(warning));
  }
}

void add_target(Plan& plan, const oci::Platform& platform, frontend::Lowered lowered) {
  const std::vector<graph::VertexId> here = plan.graph.merge(lowered.graph);
  Target target{platform, std::move(lowered.config), lowered.base_history, lowered.root, {}};
  if (target.root != graph::kNoInput) target.root = here[target.root];
  for (const graph::VertexId layer : lowered.layers)
    target.layers.push_back(here[layer]);
  plan.targets.push_back(std::move(target));
  add_warnings(plan, std::move(lowered.warnings));
  plan.warnings_are_errors = lowered.warnings_are_errors;
  plan.unused_build_args = std::move(lowered.unused_build_args);
}

}  // namespace

std::vector<graph::VertexId> Plan::wanted() const {
  std::vector<graph::VertexId> vertices;
  for (const Target& target : targets) {
    vertices.insert(vertices.end(), target.layers.begin(), target.layers.end());
    if (target.root != graph::kNoInput) vertices.push_back(target.root);
  }
  return vertices;
}

Plan make_plan(const Request& request, const image::Services& services) {
  Plan plan;
  plan.source_date_epoch = request.source_date_epoch;
  const auto dockerfile =
      with_excerpt(request, [&] { return frontend::Dockerfile(request.dockerfile); });
  for (const oci::Platform& platform : wanted_platforms(request)) {
    frontend::Lowered lowered =
        with_excerpt(request, [&] { return lower(dockerfile, request, platform, services); });
    const auto& epoch = lowered.source_date_epoch;
    if (!plan.source_date_epoch && epoch && !epoch->empty())
      plan.source_date_epoch = parse_epoch("ARG SOURCE_DATE_EPOCH", *epoch);
    add_target(plan, platform, std::move(lowered));
  }
  return plan;
}

}  // namespace cbuild::build
