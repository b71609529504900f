// A word of an instruction with its place in the Dockerfile.
#pragma once

#include <string>

#include "cbuild/graph/source_range.h"

namespace cbuild::graph {

/// A word of the instruction that a message about its vertex may point to.
struct WrittenWord {
  std::string text;  ///< with its variables expanded; may be empty
  SourceRange range;
};

}  // namespace cbuild::graph
