// The build graph: operations and what they take from each other.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/graph/source_range.h"
#include "cbuild/graph/vertex_id.h"
#include "cbuild/graph/written_word.h"
#include "cbuild/oci/digest.h"
#include "cbuild/oci/platform.h"

namespace cbuild::graph {

struct Vertex {
  Op op;
  std::vector<VertexId> inputs;  ///< of smaller index, or kNoInput; their meaning is told at the op
  /// Whose secrets, agents and settings the op is executed with, if it takes_loans().
  std::size_t lender = 0;
  oci::Digest
      digest;  ///< of op, inputs, lender and a context's identity: same digest = same vertex

  // Beside the digest:
  std::string label;  ///< "[build 2/5] RUN make"
  std::string group;  ///< the build that wants it, where there are several; for displays
  SourceRange range;  ///< the lines of the instruction in the Dockerfile
  std::vector<WrittenWord> words;  ///< of the instruction: sources, flags; its USER
  bool ignore_cache = false;       ///< --no-cache
  oci::Platform platform;          ///< of the root file system it makes; empty for sources
};

/// A directed acyclic graph, in topological order by construction. Equal vertices are merged.
class Graph {
 public:
  /// Adds a vertex or finds the equal one that is there. @pre all inputs are in the graph.
  VertexId add(Vertex vertex);

  /// Makes room for this many vertices.
  void reserve(std::size_t vertices);

  /// Adds all vertices of `other`, each changed by `adapt` before (may be empty).
  /// @return what they are here, by their index there
  std::vector<VertexId> merge(const Graph& other, const std::function<void(Vertex&)>& adapt = {});

  const Vertex& operator[](VertexId id) const { return vertices_[id]; }

  std::size_t size() const noexcept { return vertices_.size(); }

  const std::vector<Vertex>& vertices() const noexcept { return vertices_; }

 private:
  std::vector<Vertex> vertices_;
  std::unordered_map<oci::Digest, VertexId> by_digest_;
};

}  // namespace cbuild::graph
