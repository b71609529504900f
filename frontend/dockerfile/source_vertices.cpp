// Adds the vertices of sources; see source_vertices.h.
#include "frontend/dockerfile/source_vertices.h"

#include <utility>

#include "cbuild/frontend/image_resolver.h"
#include "cbuild/graph/graph.h"

namespace cbuild::frontend {

namespace {

graph::VertexId add_remote_op(graph::Graph& graph, graph::Op op, graph::WrittenWord url) {
  graph::Vertex vertex;
  vertex.op = std::move(op);
  vertex.label = url.text;
  vertex.range = {.line = url.range.line, .last_line = url.range.last_line};
  vertex.words = {std::move(url)};
  return graph.add(std::move(vertex));
}

}  // namespace

graph::VertexId add_image(graph::Graph& graph,
                          const ResolvedImage& image,
                          std::string label,
                          int line) {
  graph::Vertex vertex;
  vertex.op = graph::ImageSource{image.reference, image.manifest, image.config.diff_ids};
  vertex.label = std::move(label);
  vertex.range = {.line = line, .last_line = line};
  return graph.add(std::move(vertex));
}

graph::VertexId add_context(graph::Graph& graph, graph::ContextSource context, std::string label) {
  graph::Vertex vertex;
  vertex.op = std::move(context);
  vertex.label = std::move(label);
  return graph.add(std::move(vertex));
}

graph::VertexId add_remote(graph::Graph& graph, graph::HttpSource file, graph::WrittenWord url) {
  return add_remote_op(graph, std::move(file), std::move(url));
}

graph::VertexId add_remote(graph::Graph& graph,
                           graph::GitSource repository,
                           graph::WrittenWord url) {
  return add_remote_op(graph, std::move(repository), std::move(url));
}

}  // namespace cbuild::frontend
