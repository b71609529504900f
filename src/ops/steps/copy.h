// COPY and ADD: selects files of the inputs and copies them into a new layer.
#pragma once

#include "cbuild/graph/op.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

/// @throws Error, whose subject may be a source, the destination or --chown; Interrupted
solver::Result run_copy(const StepContext& context, const Step& step, const graph::Copy& op);

}  // namespace cbuild::ops
