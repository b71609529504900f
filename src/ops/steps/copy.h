// COPY and ADD: selects files of the inputs and copies them into a new layer.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct Copy;
}

namespace cbuild::ops {

struct Step;
struct StepContext;

/// @throws Error, whose subject may be a source, the destination or --chown; Interrupted
solver::Result run_copy(const StepContext& context, const Step& step, const graph::Copy& op);

}  // namespace cbuild::ops
