// Steps that run programs of another processor.
#pragma once

#include "cbuild/sandbox/emulation.h"
#include "src/build/plan.h"
#include "src/build/step_display.h"

namespace cbuild::build {

/// Sees to it that all RUN steps that are still to be done can be executed here, before the first
/// of them is. @throws solver::VertexError for the first that cannot
void enable_foreign_steps(const graph::Graph& graph,
                          const StepDisplay& display,
                          sandbox::Emulation& emulation);

}  // namespace cbuild::build
