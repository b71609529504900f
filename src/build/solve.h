// The steps of a plan, brought to their results.
#pragma once

#include <vector>

#include "cbuild/build/result.h"
#include "cbuild/solver/result.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

class Plan;

/// Solves the graph for all builds of `plan`. A build that fails gets its error as ending
/// (BuildFailed with the lines of its Dockerfile) and leaves the plan.
/// @param endings  by PlannedBuild::number
solver::Results solve(Plan& plan, const image::Services& services, std::vector<Ending>& endings);

}  // namespace cbuild::build
