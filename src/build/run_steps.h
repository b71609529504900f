// Checks that this machine can execute the RUN steps of a build.
#pragma once

#include <span>
#include <string>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::graph {
class Graph;
}

namespace cbuild::sandbox {
class Emulation;
}

namespace cbuild::build {

/// Makes sure that the RUN steps among `pending` can be executed here, before anything is fetched
/// for the first of them: on the file system of `store`, for their processor.
/// @throws solver::VertexError for the first that cannot
void prepare_run_steps(const graph::Graph& graph,
                       std::span<const graph::VertexId> pending,
                       const std::string& store,
                       sandbox::Emulation& emulation);

}  // namespace cbuild::build
