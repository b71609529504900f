// What is wrong with a step, and where it stands in the Dockerfile.
#pragma once

#include <string>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::graph {
struct Diagnostic;
class Graph;
}  // namespace cbuild::graph

namespace cbuild::ops {
struct RunSettings;
}

namespace cbuild::solver {
class VertexError;
}

namespace cbuild::build {

struct PlannedBuild;

/// `error` at the place of its vertex in the Dockerfile of `build`: at the word that it is about,
/// else at the instruction.
graph::Diagnostic diagnostic_of(const PlannedBuild& build,
                                const graph::Graph& graph,
                                const solver::VertexError& error);

/// The hint for a failed step whose secret or agent was not given: the mount is optional, but the
/// step may need it. Empty when nothing is missing.
std::string missing_loan(const ops::RunSettings& settings,
                         const graph::Graph& graph,
                         graph::VertexId vertex);

}  // namespace cbuild::build
