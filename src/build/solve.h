// The steps of a plan, brought to their results.
#pragma once

#include <optional>
#include <vector>

#include "cbuild/build/result.h"
#include "cbuild/solver/solver.h"
#include "src/build/plan.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

/// Nothing but cacheonly was asked for: the image itself is not wanted.
bool is_for_cache_only(const Request& request);

/// Solves the graph for all builds of `plan`. A build that fails gets its error as ending
/// (BuildFailed with the lines of its Dockerfile) and leaves the plan.
/// @param endings  by PlannedBuild::number
solver::Results solve(Plan& plan, const image::Services& services, std::vector<Ending>& endings);

}  // namespace cbuild::build
