// Checks of COPY and ADD sources before the first step runs.
#pragma once

#include <span>
#include <vector>

#include "cbuild/graph/vertex_id.h"

namespace cbuild::solver {
class VertexError;
}

namespace cbuild::ops {

struct StepContext;

/// The errors of all sources of `vertices` that are not in their build contexts, or ignored there.
/// Looks up names only.
std::vector<solver::VertexError> missing_sources(const StepContext& context,
                                                 std::span<const graph::VertexId> vertices);

}  // namespace cbuild::ops
