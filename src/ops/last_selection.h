// The selection that a COPY's key was made of, kept until the COPY runs.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "cbuild/graph/vertex_id.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

/// Spares a step that misses the cache a second walk of the context. Holds one selection: those of
/// steps that hit are not wanted again, and may be large. Thread-safe.
class LastSelection {
 public:
  /// Replaces what was kept.
  void keep(graph::VertexId vertex, std::size_t input, Selection selection) {
    const std::lock_guard lock(mutex_);
    selection_ = std::move(selection);
    vertex_ = vertex;
    input_ = input;
  }

  /// nullopt when another selection, or none, is kept.
  std::optional<Selection> take(graph::VertexId vertex, std::size_t input) {
    const std::lock_guard lock(mutex_);
    if (vertex_ != vertex || input_ != input) return std::nullopt;
    return std::exchange(selection_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Selection> selection_;
  graph::VertexId vertex_ = graph::kNoInput;
  std::size_t input_ = 0;
};

}  // namespace cbuild::ops
