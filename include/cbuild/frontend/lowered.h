// A Dockerfile lowered for one platform.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/graph.h"
#include "cbuild/oci/image_config.h"

namespace cbuild::frontend {

struct Lowered {
  graph::Graph graph;
  graph::VertexId root = graph::kNoInput;  ///< root file system of the target; kNoInput = scratch
  /// Config of the image: base's plus this build's. `diff_ids` are the base's; `created` is empty;
  /// history entries of this build come after the base's, without `created`.
  oci::ImageConfig config;
  std::size_t base_history = 0;  ///< entries of config.history that are the base's
  /// Vertices that made the layers of this build, in order: one for each own history entry with
  /// empty_layer == false.
  std::vector<graph::VertexId> layers;
  std::vector<Diagnostic> warnings;  ///< what the rules found, in order of the file
  bool warnings_are_errors = false;  ///< `# check=error=true`
  std::vector<std::string> unused_build_args;
  /// The value of ARG SOURCE_DATE_EPOCH before the first FROM.
  std::optional<std::string> source_date_epoch;
};

}  // namespace cbuild::frontend
