// What the sandbox is told for a RUN.
#pragma once

#include <string>
#include <vector>

namespace cbuild::graph {
struct Exec;
}

namespace cbuild::image {
struct Identity;
}

namespace cbuild::sandbox {
struct Spec;
}

namespace cbuild::ops {

struct RunSettings;

/// The spec of `op`, without the root, its mounts and the network. Pure.
sandbox::Spec make_spec(const graph::Exec& op,
                        const image::Identity& identity,
                        const RunSettings& settings);

/// Adds the variables (K=V) that mounts lend to `env`, in the place of those of the same name.
/// SSH_AUTH_SOCK alone stays what the image says.
void add_lent_variables(std::vector<std::string>& env, const std::vector<std::string>& lent);

}  // namespace cbuild::ops
