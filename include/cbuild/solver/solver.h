// Brings targets of a graph about: keys, look-up, then the misses in parallel.
#pragma once

#include <vector>

#include "cbuild/graph/graph.h"
#include "cbuild/solver/cache.h"
#include "cbuild/solver/observer.h"
#include "cbuild/solver/worker.h"
#include "cbuild/util/cancel.h"

namespace cbuild::solver {

struct Options {
  std::size_t jobs = 0;  ///< vertices under way at once; 0 = twice the processors, at least 4
                         ///< (steps wait as often as they compute)
};

/// Results of all vertices that the targets need, by VertexId; nullopt for those not needed.
using Results = std::vector<std::optional<Result>>;

/// Only what the targets need is looked at. In one thread, each vertex whose inputs are known gets
/// its key and is looked up; what hits is done. Then, if anything is left,
/// worker.before_first_run() and the rest in parallel, inputs first; a key is made and looked up as
/// soon as its inputs are known, so a step that runs again and comes to the same bytes lets every
/// later one hit. The first failure stops new work, cancels what is under way in other stages
/// (`cancel`), and is thrown as VertexError; a cancelled build throws Interrupted.
Results solve(const graph::Graph& graph,
              const std::vector<graph::VertexId>& targets,
              Worker& worker,
              Cache& cache,
              Observer& observer,
              const Options& options,
              CancelToken& cancel);

/// Which vertex failed; wraps the error it threw. Where that is another vertex's (a base image that
/// a step needs), the other one failed.
class VertexError : public Error {
 public:
  VertexError(graph::VertexId vertex, const Error& cause) : Error(cause), vertex_(vertex) {
    if (const auto* blamed = dynamic_cast<const WordError*>(&cause)) word_ = blamed->word();
    if (const auto* other = dynamic_cast<const VertexError*>(&cause)) *this = *other;
  }

  graph::VertexId vertex() const noexcept { return vertex_; }

  /// The word to blame; empty = the whole instruction.
  const std::string& word() const noexcept { return word_; }

 private:
  graph::VertexId vertex_;
  std::string word_;
};

}  // namespace cbuild::solver
