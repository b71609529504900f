// The end of a build of which steps failed.
#pragma once

#include <vector>

namespace cbuild::graph {
class Graph;
}

namespace cbuild::solver {
class VertexError;
}

namespace cbuild::build {

struct PlannedBuild;

/// @throws BuildFailed for `error` and `others`, which are told in the order of the file, each with
/// its lines. The other findings of the rules go to the request's on_findings. An `error` of a
/// vertex that no line made is thrown as it is.
[[noreturn]] void fail(const PlannedBuild& build,
                       const graph::Graph& graph,
                       const solver::VertexError& error,
                       const std::vector<solver::VertexError>& others);

}  // namespace cbuild::build
