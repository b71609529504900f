// The flags of `cbuild build` that say what comes out: platforms, outputs, annotations, times.
#pragma once

#include "src/cli/build_options.h"

namespace cbuild::cli {

/// Fills in the part of `request` that these flags are about. @pre tags and build arguments are in
/// it. @throws Error(usage)
void read_result_options(const BuildOptions& options,
                         const EnvironmentLookup& environment,
                         build::Request& request);

}  // namespace cbuild::cli
