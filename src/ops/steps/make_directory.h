// WORKDIR: makes a directory.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct MakeDirectory;
}

namespace cbuild::ops {

struct Step;
struct StepContext;

/// Makes the directory and its parents where they are missing; the owner of the user named in the
/// op goes to what is made. @throws Error(build) when something else is there, Interrupted
solver::Result run_make_directory(const StepContext& context,
                                  const Step& step,
                                  const graph::MakeDirectory& op);

}  // namespace cbuild::ops
