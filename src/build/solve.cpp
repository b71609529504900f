// Solves a plan; see solve.h.
#include "src/build/solve.h"

#include <algorithm>
#include <span>

#include "cbuild/build/request.h"
#include "cbuild/cache/local_cache.h"
#include "cbuild/image/services.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/ops/worker.h"
#include "cbuild/ops/worker_options.h"
#include "cbuild/sandbox/emulation.h"
#include "cbuild/solver/solver.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/build/attempt.h"
#include "src/build/build_contexts.h"
#include "src/build/failure.h"
#include "src/build/plan.h"
#include "src/build/run_steps.h"
#include "src/build/step_display.h"

namespace cbuild::build {

namespace {

/// Syncs the layers and caches of a failed build. A fault of it is logged only: the error of the
/// build is the one to report.
void keep_what_was_made(store::Store& store) {
  try {
    store.snapshots().sync();
    store.kept().sync();
  } catch (const Error& error) {
    log_debug("the layers and caches of a failed build are not synced: {}", error.what());
  }
}

/// Removes the builds that have ended.
void drop_failed(Plan& plan, const std::vector<Ending>& endings) {
  std::erase_if(plan.builds,
                [&](const PlannedBuild& build) { return has_failed(endings[build.number]); });
}

void add_contexts(BuildContexts& contexts,
                  const PlannedBuild& build,
                  const graph::Graph& graph,
                  const image::Services& services) {
  for (const graph::VertexId id : build.vertices) {
    const auto* source = std::get_if<graph::ContextSource>(&graph[id].op);
    if (source != nullptr) contexts.add(*source, build.request, services);
  }
}

BuildContexts open_contexts(Plan& plan,
                            const image::Services& services,
                            std::vector<Ending>& endings) {
  drop_failed(plan, endings);
  BuildContexts contexts;
  for (const PlannedBuild& build : plan.builds)
    attempt(endings[build.number], [&] { add_contexts(contexts, build, plan.graph(), services); });
  drop_failed(plan, endings);
  return contexts;
}

/// The steps under way at once: as few as any request wants.
std::size_t jobs_of(const Plan& plan) {
  std::size_t jobs = 0;
  for (const PlannedBuild& build : plan.builds) {
    const std::size_t wanted = build.request.jobs;
    if (wanted != 0 && (jobs == 0 || wanted < jobs)) jobs = wanted;
  }
  return jobs;
}

/// Fetches the layers of base images that no step has read, because the image needs all of them.
void complete_bases(const PlannedBuild& build,
                    const solver::Results& results,
                    ops::Worker& worker) {
  if (is_for_cache_only(build.request)) return;
  for (const Target& target : build.targets) {
    if (target.root != graph::kNoInput) worker.complete(*results[target.root]);
  }
}

[[noreturn]] void fail_with_others(const PlannedBuild& build,
                                   const graph::Graph& graph,
                                   const solver::VertexError& error,
                                   ops::Worker& worker) {
  std::vector<solver::VertexError> others;
  if (error.kind() == ErrorKind::usage) others = worker.missing_sources(build.vertices);
  fail(build, graph, error, others);
}

}  // namespace

solver::Results solve(Plan& plan, const image::Services& services, std::vector<Ending>& endings) {
  const BuildContexts contexts = open_contexts(plan, services, endings);
  if (plan.builds.empty()) return {};
  const graph::Graph& graph = plan.graph();
  solver::Problem problem{.graph = graph, .goals = {}, .jobs = jobs_of(plan)};
  for (const PlannedBuild& build : plan.builds)
    problem.goals.push_back({build.wanted()});

  StepDisplay display(graph, services.progress);
  cache::LocalCache cache(services.store);
  sandbox::Emulation emulation;
  ops::WorkerOptions options;
  options.contexts = contexts.by_identity();
  options.lenders = plan.lenders();
  options.before_first_run = [&](std::span<const graph::VertexId> pending) {
    image::enter_working_namespace(services);
    prepare_run_steps(graph, pending, services.workspace, emulation);
  };
  CancelToken cancel = CancelToken::child_of(services.cancel);
  ops::Worker worker(graph, std::move(options),
                     {services.store, services.registry, display, cancel, services.workspace});
  solver::Solution solution = solver::solve(problem, {worker, cache, display, cancel});

  std::size_t goal = 0;
  for (const PlannedBuild& build : plan.builds) {
    const auto& failure = solution.failures[goal++];
    attempt(endings[build.number], [&] {
      try {
        if (failure) throw *failure;
        complete_bases(build, solution.results, worker);
      } catch (const solver::VertexError& error) {
        fail_with_others(build, graph, error, worker);
      }
    });
  }
  // A next build reads no unchanged file again, and finds the layers of a failed build.
  worker.save_file_digests();
  const std::size_t all = plan.builds.size();
  drop_failed(plan, endings);
  if (plan.builds.size() < all) keep_what_was_made(services.store);
  return std::move(solution.results);
}

}  // namespace cbuild::build
