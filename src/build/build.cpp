// The course of builds; see build.h.
#include "cbuild/build/build.h"

#include <unistd.h>

#include "cbuild/build/request.h"
#include "cbuild/frontend/check.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/image/services.h"
#include "cbuild/sandbox/limit_support.h"
#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/text.h"
#include "src/build/attempt.h"
#include "src/build/deliver.h"
#include "src/build/plan.h"
#include "src/build/solve.h"

namespace cbuild::build {

namespace {

/// @throws Error(build) when the Dockerfile wants findings to be errors
void report_findings(const PlannedBuild& build) {
  if (build.warnings.empty()) return;
  if (build.request.on_findings) build.request.on_findings(build.warnings);
  const std::vector<graph::Diagnostic> violations = frontend::violations_among(build.warnings);
  if (!build.warnings_are_errors || violations.empty()) return;
  Error error(ErrorKind::build, "{}", frontend::text_of(violations));
  error.with_hint("the Dockerfile has check=error=true");
  throw error;
}

void report_unused(const PlannedBuild& build, Progress& progress) {
  if (build.unused_build_args.empty()) return;
  progress.message(fmt::format("warning: no ARG takes the build argument{} {}",
                               build.unused_build_args.size() == 1 ? "" : "s",
                               join(build.unused_build_args, ", ")));
}

}  // namespace

std::vector<Ending> build(std::span<const Request> requests, const image::Services& services) {
  const bool superuser = ::geteuid() == 0;  // inside the user namespace everybody is
  std::vector<Ending> endings(requests.size());
  Plan plan;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    attempt(endings[i], [&] {
      sandbox::permit_limits(requests[i].run.limits);
      sandbox::check_group_limits(requests[i].run.group_limits);
      plan.add(i, requests[i], services);
      report_findings(plan.builds.back());
      report_unused(plan.builds.back(), services.progress);
    });
  }
  const solver::Results results = solve(plan, services, endings);
  for (const PlannedBuild& build : plan.builds) {
    Ending& ending = endings[build.number];
    attempt(ending, [&] { ending = deliver(build, results, services, superuser); });
  }
  return endings;
}

Result build(const Request& request, const image::Services& services) {
  Ending ending = build(std::span(&request, 1), services).front();
  if (const auto* error = std::get_if<std::exception_ptr>(&ending)) std::rethrow_exception(*error);
  return std::get<Result>(std::move(ending));
}

}  // namespace cbuild::build
