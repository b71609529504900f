// RUN: what the sandbox is told, and what its end means.
#pragma once

#include <string>

#include "cbuild/graph/op.h"
#include "cbuild/image/users.h"
#include "cbuild/oci/platform.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/util/cancel.h"
#include "src/ops/exec_mounts.h"

namespace cbuild::ops {

/// The sandbox's orders for `op`, without root, mounts and DNS. Pure.
sandbox::Spec make_spec(const graph::Exec& op,
                        const image::Identity& identity,
                        const RunSettings& settings);

struct ExecRequest {
  const graph::Exec& op;
  const oci::Platform& platform;  ///< of its image
  const image::Identity& identity;
  const RunSettings& settings;
  const ExecMounts& mounts;
};

/// Runs `request.op` on `active`. @throws Error(build) "process … did not complete successfully:
/// exit code: 1", Interrupted
void run_exec(const ExecRequest& request,
              const store::ActiveSnapshot& active,
              const solver::RunContext& context);

}  // namespace cbuild::ops
