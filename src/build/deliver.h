// From the results of a build to its image, and where the image goes.
#pragma once

#include "cbuild/solver/result.h"

namespace cbuild::image {
struct Services;
}

namespace cbuild::build {

struct PlannedBuild;
struct Result;

/// Assembles the image, exports it to all that was asked for and names it.
/// @param superuser  the caller is root of the machine: exports keep the owners of files
Result deliver(const PlannedBuild& build,
               const solver::Results& results,
               const image::Services& services,
               bool superuser);

}  // namespace cbuild::build
