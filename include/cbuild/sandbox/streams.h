// The standard streams of a process in a sandbox: descriptors or a pseudo-terminal.
#pragma once

#include <cstdint>
#include <variant>

namespace cbuild::sandbox {

/// Given descriptors, borrowed until start() returns; -1 = /dev/null. One may be given for several.
struct Descriptors {
  int in = -1;
  int out = -1;
  int err = -1;
};

/// A new pseudo-terminal of the sandbox's own /dev/pts, owned by the user of the process: its
/// controlling terminal and all three streams. The master is Process::terminal().
struct Terminal {
  std::uint16_t rows = 0;  ///< size at the start; 0 = unknown to the process
  std::uint16_t columns = 0;
};

using Streams = std::variant<Descriptors, Terminal>;

}  // namespace cbuild::sandbox
