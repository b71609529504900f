// Finds what the sources of a COPY, an ADD or a RUN --mount name: paths, wildcards, --parents,
// minus what the ignore file and --exclude leave out.
#pragma once

#include <cstddef>
#include <vector>

#include "src/ops/selection.h"

namespace cbuild::graph {
struct Copy;
}

namespace cbuild {
class CancelToken;
class Error;
}  // namespace cbuild

namespace cbuild::ops {

/// Selects the sources of `op` that are in its input number `input`, which is `tree`. The order
/// depends on the instruction and on names only. File contents are not read.
/// @throws Error(usage) whose subject is a source that does not exist or is ignored, with the
/// nearest name as a suggestion; Interrupted
Selection select(FileTree tree,
                 const graph::Copy& op,
                 const CancelToken& cancel,
                 std::size_t input = 1);

/// The errors that select() would throw for sources that do not exist or are ignored, one a source.
/// Looks up names only, so it is fast; sources of --parents are not looked at.
std::vector<Error> missing_sources(const FileTree& tree,
                                   const graph::Copy& op,
                                   std::size_t input = 1);

}  // namespace cbuild::ops
