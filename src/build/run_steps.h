// What RUN steps need of this machine.
#pragma once

#include <string>

#include "cbuild/sandbox/emulation.h"
#include "src/build/plan.h"
#include "src/build/step_display.h"

namespace cbuild::build {

/// Sees to it that all RUN steps that are still to be done can be executed here, before anything is
/// fetched for the first of them: on the file system of `store`, for their processor.
/// @throws solver::VertexError for the first that cannot
void prepare_run_steps(const graph::Graph& graph,
                       const StepDisplay& display,
                       const std::string& store,
                       sandbox::Emulation& emulation);

}  // namespace cbuild::build
