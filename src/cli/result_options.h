// The flags of `cbuild build` for its results: platforms, outputs, annotations, times.
#pragma once

#include "src/cli/build_flags.h"
#include "src/cli/environment.h"

namespace cbuild::cli {

/// Fills in the part of `request` that these flags are about. @pre tags and build arguments are in
/// it. @throws Error(usage)
void read_result_options(const BuildOptions& options,
                         const EnvironmentLookup& environment,
                         build::Request& request);

/// SOURCE_DATE_EPOCH=context: the time is to be that of the build context.
/// @pre read_result_options() was called
bool wants_time_of_context(const build::Request& request);

}  // namespace cbuild::cli
