// Computes the results of target vertices: derive keys, look them up, run the misses in parallel.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/result.h"
#include "cbuild/solver/vertex_error.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::graph {
class Graph;
}

namespace cbuild::solver {

class Cache;
class Steps;
class Worker;

/// Vertices that are wanted together: the result of one build. A goal fails as a whole.
struct Goal {
  std::vector<graph::VertexId> vertices;
};

struct Problem {
  const graph::Graph& graph;
  std::vector<Goal> goals;
  std::size_t jobs = 0;  ///< vertices under way at once; 0 = twice the processors, at least 4
                         ///< (steps wait as often as they compute)
};

/// What executes a problem.
struct Tools {
  Worker& worker;
  Cache& cache;
  Steps& steps;
  /// Of this solve() alone, a child of the caller's: it is cancelled when the last goal has failed,
  /// so that what the worker does for no single vertex ends, too.
  CancelToken& cancel;
};

struct Solution {
  Results results;
  std::vector<std::optional<VertexError>> failures;  ///< one a goal; nullopt = its results are here
};

/// Only what the goals need is looked at. In one thread, each vertex whose inputs are known gets
/// its key and is looked up; what hits is done. Then, if anything is left,
/// worker.before_first_run() and the rest in parallel, inputs first; a key is made and looked up as
/// soon as its inputs are known, so a step that runs again and comes to the same bytes lets every
/// later one hit. A failure ends the goals that need the vertex: vertices that no other goal needs
/// are cancelled when they run, and not begun otherwise.
/// @throws Interrupted when `tools.cancel` is cancelled; what the worker throws that is no Error of
/// a vertex.
Solution solve(const Problem& problem, const Tools& tools);

}  // namespace cbuild::solver
