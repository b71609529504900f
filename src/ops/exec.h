// RUN: what the sandbox is told, and what its end means.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/sandbox/sandbox.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "src/ops/users.h"

namespace cbuild::ops {

/// The sandbox's orders for `op`. Pure.
sandbox::Spec make_spec(const graph::Exec& op,
                        const Identity& identity,
                        OverlayMount root,
                        std::string resolv_conf);

/// Runs `op` on `active` with `mounts` in place. @throws Error(build) "process … did not complete
/// successfully: exit code: 1", Interrupted
void run_exec(const graph::Exec& op,
              const Identity& identity,
              const store::ActiveSnapshot& active,
              const std::vector<sandbox::Mount>& mounts,
              solver::StepLog& log,
              const CancelToken& cancel);

}  // namespace cbuild::ops
