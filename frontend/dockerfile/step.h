// A layer that an instruction adds to its stage.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/graph/vertex_id.h"
#include "cbuild/graph/written_word.h"

namespace cbuild::frontend {

struct Step {
  graph::Op op;
  std::string label;                           ///< "COPY a.txt /b", for progress
  std::string created_by;                      ///< for the history
  std::vector<graph::VertexId> inputs = {};    ///< after the root file system, which is input 0
  std::vector<graph::WrittenWord> words = {};  ///< what messages about the step may point to
};

}  // namespace cbuild::frontend
