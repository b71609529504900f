// COPY --link: puts a layer on another root file system.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::ops {

struct Step;
struct StepContext;

/// Registers the layer that input 1 is as a snapshot on input 0; no file is touched.
solver::Result run_rebase(const StepContext& context, const Step& step);

}  // namespace cbuild::ops
