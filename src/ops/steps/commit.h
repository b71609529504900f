// The end of a step that changes a root file system.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::store {
class ActiveSnapshot;
}

namespace cbuild::ops {

struct Step;
struct StepContext;

/// Commits what `step` wrote upon its parent. @throws Error, Interrupted
solver::Result commit(const StepContext& context, const Step& step, store::ActiveSnapshot active);

}  // namespace cbuild::ops
