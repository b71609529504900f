// WORKDIR: makes a directory.
#pragma once

#include "cbuild/graph/op.h"
#include "src/ops/step_context.h"

namespace cbuild::ops {

/// Makes the directory and its parents where they are missing; the owner of the user named in the
/// op goes to what is made. @throws Error(build) when something else is there, Interrupted
solver::Result run_make_directory(const StepContext& context,
                                  const Step& step,
                                  const graph::MakeDirectory& op);

}  // namespace cbuild::ops
