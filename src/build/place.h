// Where a vertex of the graph stands in one of the Dockerfiles that have it.
#pragma once

#include <vector>

#include "cbuild/graph/source_range.h"
#include "cbuild/graph/written_word.h"

namespace cbuild::build {

/// Where a step stands in a Dockerfile: of graph::Vertex, the members of these names.
struct Place {
  graph::SourceRange range;
  std::vector<graph::WrittenWord> words;
};

}  // namespace cbuild::build
