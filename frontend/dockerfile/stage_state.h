// The state of a stage after the instructions lowered so far.
#pragma once

#include <cstddef>
#include <vector>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/graph/written_word.h"
#include "cbuild/oci/image_config.h"
#include "frontend/dockerfile/arguments.h"
#include "frontend/dockerfile/config_growth.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

namespace ast {
struct Trigger;
}

/// A stage based on this one begins with it.
struct StageState {
  graph::VertexId root = graph::kNoInput;
  oci::ImageConfig config;
  /// What config.on_build was parsed from, where that is this Dockerfile; else empty. Points into
  /// the Ast.
  std::vector<const ast::Trigger*> triggers;
  std::size_t base_history = 0;
  std::vector<graph::VertexId> layers;
  /// For expansion and for RUN: ENV and the arguments that have a value. Of two declarations of one
  /// name the later one counts.
  Variables variables;
  Arguments arguments;
  bool base_known = true;    ///< false: see ResolvedImage::is_known
  bool has_own_cmd = false;  ///< this stage has a CMD, so ENTRYPOINT keeps it
  ConfigGrowth growth;       ///< of `config`, by this build
  graph::WrittenWord user;   ///< of USER, for messages; without text: the base's
  std::size_t step = 0;      ///< of the instruction under way, for "[build 2/5]"
  std::size_t steps = 0;
};

}  // namespace cbuild::frontend
