// Checks stages before any base image is resolved.
#pragma once

#include <cstddef>
#include <vector>

namespace cbuild::frontend {

class Faults;
struct Options;
struct Stages;

/// Finds what is wrong in the stages `wanted` whatever the base images hold, so that a build fails
/// before it pulls: unbalanced quotes and braces, unknown forms of variables, and what the check()
/// of the instructions finds.
void check_stages(const Stages& stages,
                  const std::vector<std::size_t>& wanted,
                  const Options& options,
                  char escape,
                  Faults& faults);

}  // namespace cbuild::frontend
