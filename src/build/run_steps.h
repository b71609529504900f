// Checks that this machine can execute the RUN steps of a build.
#pragma once

#include <span>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::sandbox {
class Emulation;
class Workspace;
}  // namespace cbuild::sandbox

namespace cbuild::build {

/// Makes sure that the RUN steps among `pending` can be executed here, before anything is fetched
/// for the first of them: in `workspace`, for their processor.
/// @throws solver::VertexError for the first that cannot
void prepare_run_steps(const graph::Graph& graph,
                       std::span<const graph::VertexId> pending,
                       const sandbox::Workspace& workspace,
                       sandbox::Emulation& emulation);

}  // namespace cbuild::build
