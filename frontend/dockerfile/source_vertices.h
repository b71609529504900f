// Adds the vertices that have files from elsewhere: images, contexts, URLs.
#pragma once

#include <string>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::graph {
struct ContextSource;
struct GitSource;
class Graph;
struct HttpSource;
struct WrittenWord;
}  // namespace cbuild::graph

namespace cbuild::frontend {

struct ResolvedImage;

/// @param line  of the Dockerfile, where the image is named
graph::VertexId add_image(graph::Graph& graph,
                          const ResolvedImage& image,
                          std::string label,
                          int line);

graph::VertexId add_context(graph::Graph& graph, graph::ContextSource context, std::string label);

/// A file or a repository, with its URL as the Dockerfile has it.
graph::VertexId add_remote(graph::Graph& graph, graph::HttpSource file, graph::WrittenWord url);
graph::VertexId add_remote(graph::Graph& graph,
                           graph::GitSource repository,
                           graph::WrittenWord url);

}  // namespace cbuild::frontend
