// RUN: runs a process on a new layer.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct Exec;
}

namespace cbuild::ops {

struct Step;
struct StepContext;

/// @throws Error(build) "process … did not complete successfully: exit code: 1"; Error(usage) for a
/// secret or an agent that is required and was not given; Interrupted
solver::Result run_exec(const StepContext& context, const Step& step, const graph::Exec& op);

}  // namespace cbuild::ops
