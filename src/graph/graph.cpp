// Puts vertices together and merges equal ones: see graph.h.
#include "cbuild/graph/graph.h"

#include <cassert>
#include <type_traits>
#include <utility>

#include "cbuild/util/key_hasher.h"

namespace cbuild::graph {

static_assert(std::is_nothrow_move_constructible_v<Vertex>, "a growing graph copies nothing");

VertexId Graph::add(Vertex vertex) {
  KeyHasher key;
  key.add("vertex", key_of(vertex.op).sum());
  if (vertex.lender != 0) key.add("lender", std::uint64_t{vertex.lender});
  if (const auto* context = std::get_if<ContextSource>(&vertex.op))
    key.add("context", context->identity);
  for (const VertexId input : vertex.inputs) {
    assert(input == kNoInput || input < vertices_.size());
    if (input == kNoInput) {
      key.add("no_input", "");
    } else {
      key.add("input", vertices_[input].digest.sum());
    }
  }
  vertex.digest = oci::Digest(key.finish());

  const auto [place, is_new] = by_digest_.try_emplace(vertex.digest, vertices_.size());
  if (is_new) {
    vertices_.push_back(std::move(vertex));
  } else if (vertex.ignore_cache) {
    // Two stages share the step, and one of them wants it done again.
    vertices_[place->second].ignore_cache = true;
  }
  return place->second;
}

void Graph::reserve(std::size_t vertices) {
  vertices_.reserve(vertices);
  by_digest_.reserve(vertices);
}

std::vector<VertexId> Graph::merge(const Graph& other, const std::function<void(Vertex&)>& adapt) {
  std::vector<VertexId> here;
  here.reserve(other.size());
  for (Vertex vertex : other.vertices()) {
    for (VertexId& input : vertex.inputs) {
      if (input != kNoInput) input = here[input];
    }
    if (adapt) adapt(vertex);
    here.push_back(add(std::move(vertex)));
  }
  return here;
}

}  // namespace cbuild::graph
