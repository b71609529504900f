// The network of a step.
#pragma once

namespace cbuild::graph {

enum class Network { host, none };

}  // namespace cbuild::graph
