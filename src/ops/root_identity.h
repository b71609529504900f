// The content of files of a root file system, as text for a cache key.
#pragma once

#include <optional>
#include <string>

#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct Copy;
}

namespace cbuild::ops {

struct StepContext;

/// How the sources of a selection are meant: COPY has patterns, RUN --mount has names.
enum class SourceWords { patterns, names };

/// The digest of what `op` selects in the root file system `from`. It is remembered in the store
/// for each (stack, selection).
/// @return nullopt when the files must be read and the user namespace is not entered yet
std::optional<std::string> root_identity(const StepContext& context,
                                         const graph::Copy& op,
                                         const solver::Result& from,
                                         SourceWords sources);

}  // namespace cbuild::ops
