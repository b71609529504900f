// Instructions that set metadata only: --change of `cbuild import`.
#pragma once

#include <string>
#include <vector>

namespace cbuild::oci {
struct ImageConfig;
}

namespace cbuild::build {

/// The config that `changes`, lines of a Dockerfile, make of an empty one; without history.
/// @throws BuildFailed for what is no instruction, Error(usage) for FROM, RUN, COPY and ADD
oci::ImageConfig config_of_changes(const std::vector<std::string>& changes);

}  // namespace cbuild::build
