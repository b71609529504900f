// The network of a step.
#pragma once

namespace cbuild::graph {

enum class Network {
  build,  ///< a private one that the steps of a build share
  none,   ///< loopback only
  host    ///< that of this machine
};

}  // namespace cbuild::graph
