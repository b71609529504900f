// What a step reads of its inputs, as text for its cache key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cbuild/graph/vertex_id.h"
#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct Copy;
struct Exec;
}  // namespace cbuild::graph

namespace cbuild::ops {

struct StepContext;

/// See solver::Worker::input_identity(). The root file system a step builds on counts as a whole.
/// Of what COPY, ADD and RUN --mount read, the digest of the selected files counts; for root file
/// systems it is remembered in the store for each (stack, selection).
/// @return nullopt when files of a root file system must be read and the user namespace is not
/// entered yet
std::optional<std::string> input_identity(const StepContext& context,
                                          graph::VertexId vertex,
                                          std::size_t input,
                                          const solver::Result& result);

/// What the mounts of `op` read of its input number `input`, as the COPY that would select it.
graph::Copy mounted_sources(const graph::Exec& op, std::size_t input);

}  // namespace cbuild::ops
