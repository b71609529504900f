// Who watches a build: progress displays, tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cbuild/graph/graph.h"

namespace cbuild::solver {

enum class Outcome { done, cached, failed, cancelled };

/// Told what happens to each vertex of `graph`. Calls come from several threads; implementations
/// lock. Order for one vertex: started, then output and transfer in any number, then finished. Of
/// one that is free (graph::is_free) only a failure is told.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(graph::VertexId vertex) = 0;
  virtual void output(graph::VertexId vertex, int stream, std::string_view text) = 0;
  virtual void transfer(graph::VertexId vertex,
                        std::string_view item,
                        std::uint64_t done,
                        std::uint64_t total) = 0;
  /// `error` is empty unless failed.
  virtual void finished(graph::VertexId vertex, Outcome outcome, std::string_view error) = 0;
};

}  // namespace cbuild::solver
